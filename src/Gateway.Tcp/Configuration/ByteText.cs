using System.Globalization;
using System.Text;

namespace Gateway.Tcp.Configuration;

/// <summary>
/// Bytes that the configuration writes as text: <c>\r</c>, <c>\n</c>, <c>\t</c>, <c>\\</c> and <c>\xNN</c> (two hexadecimal digits) are one
/// byte each, and every other character is its UTF-8 bytes. Two texts are equal if they are written in the same way.
/// </summary>
public sealed class ByteText : IEquatable<ByteText>
{
    private ByteText(string text, ReadOnlyMemory<byte> bytes) => (Text, Bytes) = (text, bytes);

    /// <summary>The text as written.</summary>
    public string Text { get; }

    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>Reads a text. Null: it contains a backslash that begins none of the sequences above.</summary>
    public static ByteText? TryParse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var bytes = new List<byte>(text.Length);
        for (var i = 0; i < text.Length;)
        {
            var next = text.IndexOf('\\', i);
            var end = next < 0 ? text.Length : next;
            bytes.AddRange(Encoding.UTF8.GetBytes(text[i..end]));
            i = end;
            if (next >= 0)
            {
                if (TryUnescape(text.AsSpan(next + 1), out var length) is not { } value)
                {
                    return null;
                }

                bytes.Add(value);
                i += 1 + length;
            }
        }

        return new ByteText(text, bytes.ToArray());
    }

    /// <inheritdoc/>
    public bool Equals(ByteText? other) => other is not null && Text == other.Text;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ByteText);

    /// <inheritdoc/>
    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => Text;

    private static byte? TryUnescape(ReadOnlySpan<char> rest, out int length)
    {
        length = 1;
        switch (rest)
        {
            case ['r', ..]:
                return (byte)'\r';
            case ['n', ..]:
                return (byte)'\n';
            case ['t', ..]:
                return (byte)'\t';
            case ['\\', ..]:
                return (byte)'\\';
            case ['x', _, _, ..]
                when byte.TryParse(rest[1..3], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value):
                length = 3;
                return value;
            default:
                return null;
        }
    }
}
