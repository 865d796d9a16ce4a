using System.Net;
using Gateway.ProxyProtocol;

namespace Gateway.Tcp.Identification.Toa;

/// <summary>The options that a listener reads or a route writes. Immutable.</summary>
internal sealed class ToaFormats
{
    /// <summary>The most bytes of options in a segment: a header has at most 60 bytes, and 20 of them are fixed (RFC 9293 3.1).</summary>
    public const int MaxOptionsBytes = 40;

    // RFC 9293 3.1: kinds without a length.
    private const byte EndOfOptions = 0;
    private const byte NoOperation = 1;

    private readonly ToaFormat[] _formats;

    /// <summary>Creates a set of options.</summary>
    /// <param name="texts">The validated texts, each as <c>KIND/LENGTH</c>.</param>
    /// <exception cref="FormatException">A text is invalid, because the configuration was not validated.</exception>
    public ToaFormats(IEnumerable<string> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        _formats =
        [
            .. texts.Select(static text =>
                ToaFormat.TryParse(text, out var format) ? format : throw new FormatException($"'{text}': {ToaFormat.Rule}")),
        ];
    }

    /// <summary>No option.</summary>
    public static ToaFormats None { get; } = new([]);

    /// <summary>
    /// Finds the first option of this set, by kind and exact length. The bytes come from the network and are not trusted: no input causes
    /// an exception, a read beyond the end or an allocation. An option with an impossible length ends the search, as in the kernel
    /// (tcp_parse_options).
    /// </summary>
    /// <param name="options">The options of one segment, which follow the 20 fixed bytes of the TCP header.</param>
    /// <param name="client">The client that the option names, not checked in any way.</param>
    public bool TryFind(ReadOnlySpan<byte> options, out ProxyEndPoint client)
    {
        client = default;
        while (!options.IsEmpty && options[0] != EndOfOptions)
        {
            if (options[0] == NoOperation)
            {
                options = options[1..];
                continue;
            }

            // The length includes the bytes of kind and length.
            if (options.Length < 2 || options[1] < 2 || options[1] > options.Length)
            {
                return false;
            }

            var length = options[1];
            foreach (var format in _formats)
            {
                if (format.Kind == options[0] && format.TryRead(options[2..length], out client))
                {
                    return true;
                }
            }

            options = options[length..];
        }

        return false;
    }

    /// <summary>Writes the option that names a client; null if no option of this set can name the client.</summary>
    public byte[]? Write(IPEndPoint client)
    {
        ArgumentNullException.ThrowIfNull(client);
        foreach (var format in _formats)
        {
            if (format.Family == client.Address.AddressFamily)
            {
                return format.Write(client);
            }
        }

        return null;
    }
}
