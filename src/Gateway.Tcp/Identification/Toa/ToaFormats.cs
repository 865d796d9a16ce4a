using System.Net;
using Gateway.ProxyProtocol;

namespace Gateway.Tcp.Identification.Toa;

/// <summary>The options that a listener reads or a route writes. Immutable.</summary>
public sealed class ToaFormats
{
    /// <summary>The most that a segment has of options: a header of at most 60 bytes, 20 of them fixed (RFC 9293 3.1).</summary>
    public const int MaxOptionsBytes = 40;

    // RFC 9293 3.1: kinds without a length.
    private const byte EndOfOptions = 0;
    private const byte NoOperation = 1;

    private readonly ToaFormat[] _formats;

    /// <summary>Makes a set.</summary>
    /// <param name="texts">Each as <c>KIND/LENGTH</c>, validated.</param>
    /// <exception cref="FormatException">One is not: validation was left out.</exception>
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
    /// Finds the first option that is one of these, by kind and exact length. The bytes are a stranger's: whatever they are, nothing is
    /// thrown, read beyond their end or allocated, and an option whose length is impossible ends the search, as it does in the kernel
    /// (tcp_parse_options).
    /// </summary>
    /// <param name="options">The options of one segment: what follows the 20 bytes of a TCP header.</param>
    /// <param name="client">The client that it names, not checked in any way.</param>
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

            // Kind and length are part of the length.
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

    /// <summary>The option that names a client, or null if none of these can.</summary>
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
