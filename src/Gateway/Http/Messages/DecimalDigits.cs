using System.Text;

namespace Gateway.Http.Messages;

/// <summary>
/// The encoding of a Content-Length, which is decimal digits and nothing else (RFC 9110, 8.6). The server's own parser would take
/// <c>+5</c>, which two hops may read as two lengths; what is no length decodes to nothing here, and no number is answered with 400.
/// </summary>
internal sealed class DecimalDigits : Encoding
{
    private const int MaxDigits = 19;

    /// <inheritdoc/>
    public override int GetChars(ReadOnlySpan<byte> bytes, Span<char> chars) =>
        bytes.Length <= MaxDigits && bytes.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0 ? Latin1.GetChars(bytes, chars) : 0;

    /// <inheritdoc/>
    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex) =>
        Latin1.GetChars(bytes, byteIndex, byteCount, chars, charIndex);

    /// <inheritdoc/>
    public override int GetCharCount(byte[] bytes, int index, int count) => count;

    /// <inheritdoc/>
    public override int GetMaxCharCount(int byteCount) => byteCount;

    /// <inheritdoc/>
    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) =>
        Latin1.GetBytes(chars, charIndex, charCount, bytes, byteIndex);

    /// <inheritdoc/>
    public override int GetByteCount(char[] chars, int index, int count) => count;

    /// <inheritdoc/>
    public override int GetMaxByteCount(int charCount) => charCount;
}
