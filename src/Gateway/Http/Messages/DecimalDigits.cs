namespace Gateway.Http.Messages;

/// <summary>
/// The encoding of a Content-Length, which must be decimal digits only (RFC 9110, 8.6). The server's own parser would accept <c>+5</c>,
/// which two hops may read as different lengths. A value that is no length decodes to an empty text, and the server answers that with 400.
/// </summary>
internal sealed class DecimalDigits : OneByteEncoding
{
    // 2^63 has 19 digits, and the server stores a length as a signed 64-bit number.
    private const int MaxDigits = 19;

    /// <inheritdoc/>
    protected override string Read(ReadOnlySpan<byte> value) =>
        value.Length <= MaxDigits && value.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0 ? Latin1.GetString(value) : "";
}
