using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Gateway.Http.Listeners;
using Gateway.Http.Requests;
using Gateway.Linux;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Identification.Tls;
using Gateway.Tcp.Identification.Toa;
using Gateway.Tcp.Networks;
using Gateway.Tcp.Prologue;
using Gateway.Tcp.Relaying;
using Gateway.Tcp.Status;
using Gateway.Tcp.Telemetry;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Gateway.Http.Connections;

/// <summary>
/// A Kestrel connection before HTTP starts on it. The prologue reads the connection's bytes through this class, and the bytes stay in the
/// pipe unless they belong to a PROXY header. The object is also a connection feature, so that the end of a connection is always accounted
/// here, and only once.
/// </summary>
/// <param name="context">Kestrel's connection.</param>
/// <param name="listener">The listener, as it was at accept.</param>
/// <param name="number">The connection's number in this process.</param>
/// <param name="services">What every connection needs from the host.</param>
internal sealed class HttpConnection(ConnectionContext context, IListenerFeature listener, long number, HttpConnectionServices services)
    : AcceptedConnection(number, services.Time.GetTimestamp())
{
    private KeptBytes? _kept;
    private TimedPipeRead? _timed;
    private ReadResult _read;
    private bool _isReading;
    private int _consumed;
    private int _hasEnded;
    private int _isAccounted;
    private long _heardAt;

    // Null for Probes and Admin: their connections have reserved places (ReservedConnections), because both must answer when traffic has
    // taken all others.
    public override ConnectionKind? Kind => listener.Kind == ListenerKind.Traffic ? ConnectionKind.Http : null;

    /// <inheritdoc/>
    public override string ListenerName => listener.Name;

    /// <summary>The listener, as it was when the connection was accepted.</summary>
    public IListenerFeature Listener => listener;

    /// <inheritdoc/>
    public override IPEndPoint Peer { get; } = PeerEndPoint.Of(context.RemoteEndPoint);

    /// <inheritdoc/>
    public override ProxyProtocolPolicy? ProxyProtocol => listener.Http?.ProxyProtocol;

    /// <inheritdoc/>
    public override ToaPolicy? Toa => listener.Http?.Toa;

    /// <inheritdoc/>
    public override ClientHelloPolicy? ClientHello => listener.Http?.ClientHello;

    /// <inheritdoc/>
    public override ListenerAdmission? Admission => listener.Admission;

    /// <inheritdoc/>
    /// <remarks>Behind a trusted hop, X-Forwarded-For tells the client of each request.</remarks>
    public override bool HasOneClient => listener.Http?.ForwardedHeaders.MayKnowMore(Identity!.Client.Address) != true;

    /// <summary>The requests of the connection.</summary>
    public ConnectionRequests Requests { get; } = new();

    /// <summary>Whether <see cref="AcceptedConnection.Outcome"/> says how the connection ended. If not, it ended in order.</summary>
    public bool IsAccounted => Volatile.Read(ref _isAccounted) != 0;

    /// <summary>
    /// Of a connection that has ended: <c>keep_alive_timeout</c> if the server ended it for that. It does so in silence, so the time since
    /// the last request tells.
    /// </summary>
    public string? WhyIdleEnd =>
        listener.Http is { } http && Requests.Idle is { } idle && idle >= http.KeepAliveTimeout ? "keep_alive_timeout" : null;

    /// <summary>Why the listener does not admit the connection, whose requests are answered with that; null: it admits it.</summary>
    public Outcome? Refusal { get; private set; }

    /// <inheritdoc/>
    public override bool IsStopped => Stop.IsCancellationRequested || Volatile.Read(ref _hasEnded) != 0;

    // Waiting for the first data delays no client, whether or not TCP options can be read, because in HTTP the client sends first.
    public override bool SeesOptions => OnEngine is not null || Socket is not null;

    /// <inheritdoc/>
    public override bool IsSilent => HoldsPlace && Volatile.Read(ref _heardAt) == 0 && !(Kind is null && HasReceived());

    /// <inheritdoc/>
    public override long LastHeardAt => Volatile.Read(ref _heardAt) is var heard and not 0 ? heard : AcceptedAt;

    /// <inheritdoc/>
    public override ReadOnlySequence<byte> Received =>
        _isReading ? _read.Buffer.Slice(_consumed) : _kept?.Bytes ?? ReadOnlySequence<byte>.Empty;

    // Null: .NET's sockets carry the connection.
    private TcpConnection? OnEngine => context.Features.Get<TcpConnection>();

    private Socket? Socket => context.Features.Get<IConnectionSocketFeature>()?.Socket;

    // The server sets this feature when it starts to serve the connection.
    private CancellationToken Stop =>
        context.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? CancellationToken.None;

    /// <inheritdoc/>
    public override IPEndPoint ReadLocal() => PeerEndPoint.Of(context.LocalEndPoint);

    /// <inheritdoc/>
    public override ClientHelloNeed ReadClientHelloNeed() => ClientHello is null ? ClientHelloNeed.None : ClientHelloNeed.Required;

    /// <inheritdoc/>
    public override SocketError Receive()
    {
        try
        {
            if (!_isReading && context.Transport.Input.TryRead(out var read))
            {
                Take(read);
            }

            return SocketError.Success;
        }
        catch (Exception ended) when (IsEnd(ended))
        {
            return SocketError.ConnectionReset;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<SocketError> WaitAsync(TimeSpan limit)
    {
        try
        {
            var input = context.Transport.Input;
            _timed ??= new TimedPipeRead(input, services.Time, Stop);
            if (_isReading)
            {
                if (!Received.IsEmpty)
                {
                    (_kept ??= new KeptBytes()).Keep(Received);
                }

                _isReading = false;
                input.AdvanceTo(_read.Buffer.GetPosition(_consumed), _read.Buffer.End);
                _consumed = 0;
            }

            Take(await _timed.ReadAsync(limit));
            return !_read.IsCanceled ? SocketError.Success
                : Stop.IsCancellationRequested ? SocketError.OperationAborted
                : SocketError.TimedOut;
        }
        catch (Exception ended) when (IsEnd(ended))
        {
            return SocketError.ConnectionReset;
        }
    }

    /// <inheritdoc/>
    public override void Consume(int bytes) => _consumed += bytes;

    /// <inheritdoc/>
    public override int ReadOptions(OptionCarriers carrier, Span<byte> options) =>
        OnEngine is { } connection ? connection.ReadOptions(carrier, options)
        : Socket is { } socket && services.Tcp is { } tcp ? tcp.ReadOptions(socket, carrier, options)
        : 0;

    /// <summary>Ends the prologue: all bytes that were not consumed are left for the next reader.</summary>
    public void LeavePrologue()
    {
        _timed?.Dispose();
        if (_isReading)
        {
            _isReading = false;
            context.Transport.Input.AdvanceTo(_read.Buffer.GetPosition(_consumed));
        }
    }

    /// <summary>Notes that bytes for HTTP have arrived.</summary>
    public void Heard() => Volatile.Write(ref _heardAt, Math.Max(1, services.Time.GetTimestamp()));

    /// <summary>
    /// Refuses an unexpected PROXY header, with the cure. This is the usual mistake with a new load balancer: it sends the header, and the
    /// listener has no ProxyProtocol section.
    /// </summary>
    public void RefuseHeader()
    {
        var cure = listener.Kind switch
        {
            _ when ProxyProtocol is not null => "a PROXY header where none can be dropped: it is not whole, or another came before it",
            ListenerKind.Traffic => $"a PROXY header, and Listeners:{ListenerName} has no ProxyProtocol section: "
                + "add it with this peer in TrustedProxies, or switch the header off there",
            ListenerKind.Probes => "a PROXY header, and Probes has no ProxyProtocol section: "
                + "add it with this peer in HealthCheckers, or switch the header off there",
            _ => "a PROXY header, and Admin takes none: use Probes",
        };
        Fail(IdentificationOutcomes.OfHeader(IdentificationRefusal.UnexpectedHeader) with { Error = cure });
    }

    /// <summary>
    /// Ends the connection and accounts for it: metrics, access log, warning. Safe to call from any thread; only the first call has an
    /// effect.
    /// </summary>
    public override bool Fail(Outcome outcome) => Fail(outcome, isInOrder: outcome.Reason == CloseReason.HealthCheck);

    /// <summary>Ends the connection, at once or after the bytes that were sent.</summary>
    /// <param name="outcome">How it ended.</param>
    /// <param name="isInOrder">
    /// Whether bytes that were sent still go out, such as the TLS alert that tells the client the problem. The connection is then not
    /// aborted here, and ends when the caller returns.
    /// </param>
    /// <returns>False.</returns>
    public bool Fail(Outcome outcome, bool isInOrder)
    {
        if (Interlocked.Exchange(ref _hasEnded, 1) == 0)
        {
            Account(outcome);
            if (!isInOrder)
            {
                // Aborts now, because a normal close would first read what the peer may still be sending.
                context.Abort(new ConnectionAbortedException(outcome.Label));
            }
        }

        return false;
    }

    /// <summary>
    /// Accounts for a connection that the listener does not admit, and lets HTTP answer its requests, because a client of HTTP learns
    /// nothing from a reset. If too many connections wait for such an answer, the connection is reset.
    /// </summary>
    public override bool Refuse(Outcome outcome)
    {
        if (!services.Refusals.TryTake())
        {
            return Fail(outcome);
        }

        Refusal = outcome;
        Account(Identity!.Client.Equals(Peer) ? outcome : outcome with { Error = Identity.Client.ToString() });
        return true;
    }

    /// <inheritdoc/>
    public override string? RouteName => Requests.Route?.Config.RouteId;

    /// <inheritdoc/>
    public override IPAddress ShownClient => Requests.Client ?? ClientAddress;

    /// <inheritdoc/>
    public override RelayedBytes Carried => Requests.Carried;

    /// <inheritdoc/>
    public override ConnectionSummary Summarize(DateTimeOffset? startedAt)
    {
        var (client, requests) = (Identity?.Client ?? Peer, Requests);
        var carried = requests.Carried;
        return new ConnectionSummary
        {
            Number = Id,
            Protocol = ConnectionSummary.Http,
            Client = client,
            RequestClient = requests.Client is { } told && !told.Equals(client.Address) ? told : null,
            Peer = Peer,
            Source = Identity?.Source,
            Listener = ListenerName,
            Route = requests.Route?.Config.RouteId,
            Cluster = requests.Route?.Config.ClusterId,
            Destination = requests.Destination?.DestinationId,
            Mode = requests.Mode,
            ServerName = Identity?.Hello?.ServerName,
            Request = requests.Newest,
            Requests = requests.Count,
            Status = requests.Status == 0 ? null : requests.Status,
            Received = carried.ToBackend,
            Sent = carried.ToClient,
            StartedAt = startedAt,
        };
    }

    /// <inheritdoc/>
    public override void Terminate() => Fail(CloseReason.Admin);

    /// <inheritdoc/>
    public override void GiveWay()
    {
        if (Kind is null)
        {
            // Ends the connection on this thread, so that a flood is accepted no faster than its connections end, and descriptors do not
            // run out meanwhile.
            Fail(CloseReason.GaveWay);
            return;
        }

        // Uses the thread pool, because the caller is the thread of another connection and may be an event loop.
        ThreadPool.UnsafeQueueUserWorkItem(static connection => connection.Fail(CloseReason.Limit), this, preferLocal: false);
    }

    /// <summary>The listener's socket that the connection came by; null: not told. A listener that was bound anew has another.</summary>
    public object? AcceptedBy { get; set; }

    /// <summary>
    /// Asks the server to end the connection in order: HTTP/2 gets GOAWAY, HTTP/1.1 <c>Connection: close</c> on the answer that is due, and
    /// an idle connection is closed. Safe to call from any thread, also after the end of the connection.
    /// </summary>
    public void RequestClose()
    {
        try
        {
            context.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        }
        catch (ObjectDisposedException)
        {
            // The connection has ended meanwhile.
        }
    }

    /// <inheritdoc/>
    public override void Abort() => context.Abort();

    // A connection that is refused is accounted for before it ends, and on another thread than one that gives way.
    private void Account(Outcome outcome)
    {
        if (Interlocked.Exchange(ref _isAccounted, 1) != 0)
        {
            return;
        }

        Outcome = outcome;
        services.Metrics.Ended(ListenerName, outcome.Reason);
        services.AccessLog.WriteRejected(Peer, ListenerName, outcome);
        services.Warnings.Ended(outcome, ListenerName, Peer, client: Identity?.Client);
    }

    private static bool IsEnd(Exception exception) => exception is ConnectionResetException or ConnectionAbortedException or IOException;

    // Asks the kernel whether bytes have arrived, because on a busy machine or in a flood a probe's request may be there before the server
    // has read it. Only the few connections of Probes and Admin are checked like this: the server has a second to read those of traffic.
    private bool HasReceived()
    {
        // tcpi_bytes_received of struct tcp_info (linux/tcp.h), since Linux 4.1.
        const int bytesReceived = 128;
        Span<byte> info = stackalloc byte[bytesReceived + sizeof(ulong)];
        try
        {
            return ProxyProtocol is null && OperatingSystem.IsLinux() && Socket?.Get(SocketOption.TcpInfo, info) == info.Length
                && BitConverter.ToUInt64(info[bytesReceived..]) > 0;
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    private void Take(in ReadResult read)
    {
        (_read, _isReading) = (read, true);
        HasEnded = read.IsCompleted;
    }
}
