using System.Text;

namespace Gateway.Http.Messages;

/// <summary>
/// The encoding of a Connection header. Where the server finds one of its own options alone, <c>keep-alive</c>, <c>close</c> or
/// <c>upgrade</c>, it puts that in the place of all lines of the header, and nobody behind it would learn which headers are meant for this
/// hop alone. It lets the lines be where it finds two of them: so <c>close</c> and <c>upgrade</c> get a <c>keep-alive</c> beside, which
/// changes nothing. A <c>keep-alive</c> without them goes: HTTP/1.1 needs none, and a proxy must not keep the connection of an HTTP/1.0
/// client for it (RFC 9112, 9.3).
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

        var options = Latin1.GetString(value).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Where(static option => !option.Equals(KeepAlive, StringComparison.OrdinalIgnoreCase))
            .ToList();
        // "close" ends the connection and "upgrade" hands it over, whatever else is there.
        var isKept = options.Exists(static option =>
            option.Equals("close", StringComparison.OrdinalIgnoreCase) || option.Equals("upgrade", StringComparison.OrdinalIgnoreCase));
        return string.Join(", ", options) + (isKept ? Added : "");
    }
}
