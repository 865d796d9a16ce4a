using System.Net;
using System.Net.Sockets;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Engines;
using Gateway.Tcp.SourceIp;

namespace Gateway.Checks;

/// <summary>
/// One address of a destination, asked by connections. A backend does not say whether it reads a PROXY header: it shows by staying,
/// answering or closing. Each question is asked once, when its answer is needed, since some backends log every connection and MySQL counts
/// them.
/// </summary>
internal sealed class Interview(BackendTarget target, IPEndPoint endPoint, CancellationToken cancellation)
{
    // Refusals come after one round trip; a server that greets does so at once.
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(500);

    // Where a process is started for the connection first (Postfix, Dovecot), on a busy host. Together less than the 2 s after which
    // dnsdist gives up a query that does not come: that is no answer.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    // As long as the fixed part of a V2 header: a receiver that wants to see so much before it judges has it. Line protocols ignore them.
    private static readonly byte[] LineFeeds = [.. Enumerable.Repeat((byte)'\n', 16)];

    // About the server itself, and nothing that it serves (RFC 9110, 9.3.7).
    private static readonly byte[] Options = "OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"u8.ToArray();

    private readonly Dictionary<ProxyProtocolVersion, Reaction?> _headers = [];
    private Task<BareReaction?>? _bare;

    /// <summary>Which address.</summary>
    public IPEndPoint EndPoint => endPoint;

    /// <summary>Connections that were opened.</summary>
    public int Connections { get; private set; }

    /// <summary>It greeted as MySQL or MariaDB, which count such connections as errors of this host.</summary>
    public bool IsMySql { get; private set; }

    /// <summary>All that it said, for its name in it.</summary>
    public string Words { get; private set; } = "";

    /// <summary>
    /// How it takes a connection without a header: nothing at first, then, if it is not one of those who speak first, sixteen line feeds.
    /// Null: it accepts no more.
    /// </summary>
    public Task<BareReaction?> BareAsync() => _bare ??= AskBareAsync();

    /// <summary>How it takes a header with the connection's own endpoints, and nothing behind it. Null: it accepts no more.</summary>
    public async Task<Reaction?> HeaderAsync(ProxyProtocolVersion version)
    {
        if (!_headers.TryGetValue(version, out var known))
        {
            _headers[version] = known = await TellAsync(socket => Header(version, socket), Quiet);
        }

        return known;
    }

    /// <summary>The same, again if it was silent, and with more time to answer.</summary>
    public async Task<Reaction?> HeaderPatientlyAsync(ProxyProtocolVersion version)
    {
        if (!_headers.TryGetValue(version, out var known) || known is { IsSilent: true })
        {
            _headers[version] = known = await TellAsync(socket => Header(version, socket), Patience);
        }

        return known;
    }

    /// <summary>
    /// How it takes that header and payload: line feeds, or of one that speaks HTTP and does not like these a request for nothing.
    /// </summary>
    public Task<Reaction?> PayloadAsync(ProxyProtocolVersion version, bool isHttp) =>
        TellAsync(socket => [.. Header(version, socket), .. isHttp ? Options : LineFeeds], Quiet);

    /// <summary>
    /// Whether it takes a V2 header of a certain length. (Exim greets behind one that is too long, and then refuses every command.)
    /// </summary>
    public async Task<bool> TakesAsync(int length)
    {
        using var talk = await ConnectAsync();
        if (talk is null)
        {
            return false;
        }

        await talk.SendAsync(OwnHeader.Pad(length, talk.Socket), cancellation);
        var reaction = Heard(await talk.ListenAsync(Quiet, cancellation));
        if (!reaction.Text.StartsWith("220", StringComparison.Ordinal))
        {
            return !reaction.IsRefusal;
        }

        await talk.SendAsync("NOOP\r\n"u8.ToArray(), cancellation);
        return !Heard(await talk.ListenAsync(Quiet, cancellation)).IsRefusal;
    }

    private async Task<BareReaction?> AskBareAsync()
    {
        using var talk = await ConnectAsync();
        if (talk is null)
        {
            return null;
        }

        var first = Heard(await talk.ListenAsync(Quiet, cancellation));
        if (first.HasEnded || first.IsGreeting)
        {
            return new BareReaction(first, null);
        }

        await talk.SendAsync(LineFeeds, cancellation);
        return new BareReaction(first, Heard(await talk.ListenAsync(Patience, cancellation)));
    }

    // Nothing is held: a server with one worker (gunicorn) takes one connection after the other.
    private async Task<Reaction?> TellAsync(Func<Socket, byte[]> bytes, TimeSpan quiet)
    {
        using var talk = await ConnectAsync();
        if (talk is null)
        {
            return null;
        }

        await talk.SendAsync(bytes(talk.Socket), cancellation);
        return Heard(await talk.ListenAsync(quiet, cancellation));
    }

    private async Task<BackendTalk?> ConnectAsync()
    {
        var request = new ConnectRequest { Destination = endPoint, Timeout = target.ConnectTimeout };
        var (talk, _) = await BackendTalk.ConnectAsync(request, cancellation);
        Connections += talk is null ? 0 : 1;
        return talk;
    }

    private static byte[] Header(ProxyProtocolVersion version, Socket socket)
    {
        var header = new byte[OwnHeader.MaxLength];
        return header[..OwnHeader.Write(header, version, socket)];
    }

    private Reaction Heard(Reaction reaction)
    {
        IsMySql |= reaction.IsMySql;
        Words += reaction.Text;
        return reaction;
    }
}
