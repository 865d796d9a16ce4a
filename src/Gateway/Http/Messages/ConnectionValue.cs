using System.Text;

namespace Gateway.Http.Messages;

/// <summary>
/// The encoding of a Connection header. If the server finds exactly one of its own options (<c>keep-alive</c>, <c>close</c> or
/// <c>upgrade</c>), it replaces all lines of the header by this option. Then the gateway could not see which headers are meant only for
/// this hop. If the server finds two of its options, it keeps the lines. So this encoding adds <c>keep-alive</c> to <c>close</c> and
/// <c>upgrade</c>, which changes nothing else. It removes a <c>keep-alive</c> that stands without them, because HTTP/1.1 does not need it,
/// and a proxy must not keep the connection of an HTTP/1.0 client open for it (RFC 9112, 9.3).
/// </summary>
internal sealed class ConnectionValue : OneByteEncoding
{
    private const string KeepAlive = "keep-alive";
    private const string Added = ", keep-alive";

    /// <inheritdoc/>
    protected override int MaxAdded => Added.Length;

    /// <inheritdoc/>
    protected override string Read(ReadOnlySpan<byte> value)
    {
        if (Ascii.EqualsIgnoreCase(value, KeepAlive))
        {
            return "";
        }

        // What clients send, as a rule. The server asks for the value twice.
        if (value.SequenceEqual("close"u8))
        {
            return "close" + Added;
        }

        if (value.SequenceEqual("Upgrade"u8))
        {
            return "Upgrade" + Added;
        }

        var options = Latin1.GetString(value).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Where(static option => !option.Equals(KeepAlive, StringComparison.OrdinalIgnoreCase))
            .ToList();
        // "close" ends the connection and "upgrade" changes its protocol, so an added "keep-alive" has no effect.
        var isKept = options.Exists(static option =>
            option.Equals("close", StringComparison.OrdinalIgnoreCase) || option.Equals("upgrade", StringComparison.OrdinalIgnoreCase));
        return string.Join(", ", options) + (isKept ? Added : "");
    }
}
