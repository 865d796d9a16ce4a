using System.Net;
using System.Net.Sockets;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Engines;
using Gateway.Tcp.SourceIp;

namespace Gateway.Checks;

/// <summary>
/// Asks one address of a destination by opening connections. A backend does not state whether it reads a PROXY header, but it stays,
/// answers or closes. Each question is asked once, and only when its answer is needed, because some backends log every connection, and
/// MySQL counts them.
/// </summary>
internal sealed class Interview(BackendTarget target, IPEndPoint endPoint, CancellationToken cancellation)
{
    // A refusal comes after one round trip, and a greeting comes at once.
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(500);

    // For servers on a busy host that first start a process for the connection (Postfix, Dovecot). Both times together are less than 2 s,
    // because dnsdist closes after 2 s without a query, and that is no answer to the header.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    // As many as the bytes of the fixed part of a V2 header, because some receivers judge only when they have so many bytes. Line protocols
    // ignore line feeds.
    private static readonly byte[] LineFeeds = [.. Enumerable.Repeat((byte)'\n', 16)];

    // A request about the server itself, not about a resource (RFC 9110, 9.3.7).
    private static readonly byte[] Options = "OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"u8.ToArray();

    private readonly Dictionary<ProxyProtocolVersion, Reaction?> _headers = [];
    private Task<BareReaction?>? _bare;

    /// <summary>The address.</summary>
    public IPEndPoint EndPoint => endPoint;

    /// <summary>The number of connections that were opened.</summary>
    public int Connections { get; private set; }

    /// <summary>The backend greeted as MySQL or MariaDB. These count such connections as errors of this host.</summary>
    public bool IsMySql { get; private set; }

    /// <summary>Everything that the backend has sent. It may contain the server's name.</summary>
    public string Words { get; private set; } = "";

    /// <summary>
    /// The reaction to a connection without a header. At first nothing is sent. If the backend does not greet, sixteen line feeds follow.
    /// Null: the backend accepts no more connections.
    /// </summary>
    public Task<BareReaction?> BareAsync() => _bare ??= AskBareAsync();

    /// <summary>
    /// The reaction to a header with the connection's own endpoints and nothing after it. Null: the backend accepts no more connections.
    /// </summary>
    public async Task<Reaction?> HeaderAsync(ProxyProtocolVersion version)
    {
        if (!_headers.TryGetValue(version, out var known))
        {
            _headers[version] = known = await TellAsync(socket => Header(version, socket), Quiet);
        }

        return known;
    }

    /// <summary>As HeaderAsync, but asks again with more time to answer if the backend was silent.</summary>
    public async Task<Reaction?> HeaderPatientlyAsync(ProxyProtocolVersion version)
    {
        if (!_headers.TryGetValue(version, out var known) || known is { IsSilent: true })
        {
            _headers[version] = known = await TellAsync(socket => Header(version, socket), Patience);
        }

        return known;
    }

    /// <summary>
    /// The reaction to a header and a payload: line feeds, or a request for a backend that speaks HTTP and refuses line feeds.
    /// </summary>
    public Task<Reaction?> PayloadAsync(ProxyProtocolVersion version, bool isHttp) =>
        TellAsync(socket => [.. Header(version, socket), .. isHttp ? Options : LineFeeds], Quiet);

    /// <summary>
    /// Whether the backend accepts a V2 header of a certain length. (Exim greets after a header that is too long, and then refuses every
    /// command. So a command is sent after a greeting.)
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

    // No connection stays open, because a server with one worker (gunicorn) accepts only one connection at a time.
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
