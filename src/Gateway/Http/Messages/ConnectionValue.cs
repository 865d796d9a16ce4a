namespace Gateway.Http.Messages;

/// <summary>
/// The encoding of a Connection header. The server makes <c>keep-alive</c> of <c>keep-alive, X-Hop</c> (and <c>close</c> and <c>upgrade</c>
/// likewise), and nobody behind it would learn which headers are meant for this hop alone. It lets a value be that has another of these
/// options beside: so each gets one that changes nothing.
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
        var text = Latin1.GetString(value);
        if (text.Equals(KeepAlive, StringComparison.OrdinalIgnoreCase))
        {
            return KeepAlive;
        }

        var options = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Where(static option => !option.Equals(KeepAlive, StringComparison.OrdinalIgnoreCase))
            .ToList();
        // "close" ends the connection and "upgrade" hands it over, whatever else is there. For headers alone HTTP/1.1 needs no option.
        var isKept = options.Exists(static option => option.Equals("close", StringComparison.OrdinalIgnoreCase) || option.Equals("upgrade", StringComparison.OrdinalIgnoreCase));
        return string.Join(", ", options) + (isKept ? Added : "");
    }
}
