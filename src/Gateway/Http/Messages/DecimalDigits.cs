namespace Gateway.Http.Messages;

/// <summary>
/// The encoding of a Content-Length, which is decimal digits and nothing else (RFC 9110, 8.6). The server's own parser would take
/// <c>+5</c>, which two hops may read as two lengths; what is no length decodes to nothing here, and no number is answered with 400.
/// </summary>
internal sealed class DecimalDigits : OneByteEncoding
{
    // 2^63 has 19; the server reads no longer value.
    private const int MaxDigits = 19;

    /// <inheritdoc/>
    protected override string Read(ReadOnlySpan<byte> value) =>
        value.Length <= MaxDigits && value.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0 ? Latin1.GetString(value) : "";
}
