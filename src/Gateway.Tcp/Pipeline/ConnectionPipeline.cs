using System.Buffers;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Dialing;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Networks;
using Gateway.Tcp.Relaying;
using Gateway.Tcp.Routing;
using Gateway.Tcp.SourceIp;
using Gateway.Tcp.Telemetry;
using Microsoft.Extensions.Logging;

namespace Gateway.Tcp.Pipeline;

/// <summary>
/// What happens to an accepted connection, whichever engine carries it and however it got here:
/// 1. Admit: not while draining, not above the limit.
/// 2. Identify: peer → policy → PROXY header, else TCP option → client; what follows the header is payload.
/// 3. Route: listener and client → route → cluster.
/// 4. Dial a destination.
/// 5. Send the PROXY header and the payload that came with ours, in one piece.
/// 6. Relay until it ends.
/// 7. Account: one reason, one access-log line, one set of metrics.
/// A step that fails leaves its reason in the record and closes the client's connection; nothing is lost silently.
/// </summary>
internal sealed partial class ConnectionPipeline(
    Dialer dialer,
    TcpMetrics metrics,
    ProxyProtocolMetrics headerMetrics,
    LiveConnections live,
    ConnectionLimit limit,
    ILoggerFactory loggers,
    TimeProvider time)
{
    // One header and the first payload of nearly every protocol, and 10 MB for 5,000 peers that stop in the middle of a header.
    private const int FirstBufferBytes = 2048;

    // A load balancer's check ends within two round trips. Who stays longer is a client, also one that only listens.
    private static readonly TimeSpan LongestCheck = TimeSpan.FromSeconds(1);

    // What a server says unasked: MySQL's handshake packet, an SMTP banner, SSH's version and key exchange (1 to 2 KB). More than that is a transfer.
    internal const int LongestGreetingBytes = 4096;

    private readonly AccessLog _access = new(loggers);
    private readonly OperatorWarnings _warnings = new(loggers, time);
    private readonly OwnConnections _own = new();
    private readonly ILogger _logger = loggers.CreateLogger<ConnectionPipeline>();
    private volatile TcpModel _model = TcpModel.Empty;
    private long _lastId;

    /// <summary>The model that new connections start with.</summary>
    public TcpModel Model
    {
        get => _model;
        set => _model = value;
    }

    /// <summary>Carries a connection from accept to account. Never throws.</summary>
    public async Task RunAsync(TcpConnection client, ListenerState listener)
    {
        var record = new ConnectionRecord(Interlocked.Increment(ref _lastId), client, listener, time.GetTimestamp());
        live.Add(record);
        try
        {
            await client.EnterAsync();
            if (await AdmitAsync(record) && await IdentifyAsync(record) && (record.Model?.Toa is null || await IdentifyByToaAsync(record))
                && Route(record) && await DialAsync(record) && await SendFirstAsync(record))
            {
                var route = record.Route!;
                var relayed = await client.RelayAsync(record.Backend!, route.Relay, record.Guard);
                record.BytesToBackend += relayed.ClientToBackendBytes;
                record.BytesToClient += relayed.BackendToClientBytes;
                record.Reason = ReasonOf(relayed.End, record.GuardAs);
                if (relayed.End == RelayEnd.Refused)
                {
                    record.Refusal = record.GuardAs;
                    headerMetrics.Stopped(listener.Name, record.GuardAs, record.Guard!.Refused);
                }
            }
        }
        catch (Exception fault)
        {
            // The steps answer with values: whatever gets here is our bug, and must cost this connection only.
            record.Reason = CloseReason.Error;
            await client.EnterAsync();
            record.Backend?.Reset();
            client.Reset();
            Log.Fault(_logger, record.Id, listener.Name, fault);
        }

        var saidNothing = record.BytesToBackend == 0 && record.Prefetch.IsEmpty && !record.HasSpoken;
        record.DropPrefetch();

        // Before anybody is told that the connection has ended: who sees it in a metric may count on its place. And whatever a logger or a meter's listener throws, no place is lost for good.
        if (record.TryGiveUpPlace())
        {
            limit.Release();
        }

        try
        {
            Account(record, saidNothing);
        }
        finally
        {
            live.Remove(record);
        }
    }

    /// <summary>Rejects a connection for which there is no room in a queue on the way here.</summary>
    public void RejectOverflow(TcpConnection client, ListenerState listener)
    {
        var record = new ConnectionRecord(Interlocked.Increment(ref _lastId), client, listener, time.GetTimestamp());
        Fail(record, CloseReason.Limit);
        Account(record, saidNothing: true);
    }

    private async ValueTask<bool> AdmitAsync(ConnectionRecord record)
    {
        if (live.IsDraining)
        {
            return Fail(record, CloseReason.Draining);
        }

        var hasPlace = await limit.TryAcquireAsync(ConnectionKind.Relayed);
        if (hasPlace)
        {
            record.TakePlace();
        }

        await record.Client.EnterAsync();
        if (!hasPlace)
        {
            return Fail(record, CloseReason.Limit);
        }

        return true;
    }

    private bool Route(ConnectionRecord record)
    {
        var identity = record.Identity!;
        if (record.Model?.Match(identity) is not { } route)
        {
            return Fail(record, CloseReason.NoRoute);
        }

        record.Route = route;
        if (route.Cluster.Original is { } original)
        {
            var mayDial = original.MayDial(identity, record.Listener.Port, record.Client.BoundDevice);
            if (mayDial != true || _own.Contains(identity.Peer))
            {
                return Fail(record, mayDial is null ? CloseReason.Resources : CloseReason.OriginalDestination);
            }
        }

        return true;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> DialAsync(ConnectionRecord record)
    {
        var route = record.Route!;
        var dial = dialer.Begin(new DialRequest
        {
            Connector = record.Client,
            Client = record.Identity!,
            Cluster = route.Cluster,
            SourceIp = route.SourceIp,
            KeepAlive = record.Listener.KeepAlive,
        });
        if (!Open(record, await dialer.FindAddressAsync(dial)))
        {
            return false;
        }

        var dialed = await dialer.DialAsync(dial);
        record.Destination = dialed.Destination;
        record.FailedDial = dialed.Backend is null ? dialed.Describe() : dialed.FailedAttempts;
        if (dialed.Backend is not { } backend)
        {
            return Fail(record, ReasonOf(dialed.Failure, record.Client));
        }

        record.Backend = backend;
        dialed.Destination!.State.Opened();
        record.SendsHeader = dialed.Mode == SourceIpMode.ProxyProtocol;
        metrics.DestinationOpened(route.Cluster.Name, dialed.Destination.Name);
        return route.Cluster.Original is null || dialed.Mode == SourceIpMode.Transparent || KnowAsOwn(record);
    }

    // A connection of which no destination has an address counts as rejected. One that ended while a name was asked for counts as opened: it
    // was routed, and how it ended is said as of any other.
    private bool Open(ConnectionRecord record, DialFailure found)
    {
        if (found == DialFailure.NoAddress)
        {
            return Fail(record, CloseReason.NoDestination);
        }

        if (found == DialFailure.None && record.Client.AbortReason is not null)
        {
            return Fail(record, CloseReason.Draining);
        }

        record.IsOpened = true;
        metrics.Opened(record.Route!, record.Identity!.Client.Address);
        return found == DialFailure.None || Fail(record, ReasonOf(found, record.Client));
    }

    // Not from a client's address: a client may have the same port, and is no loop.
    private bool KnowAsOwn(ConnectionRecord record)
    {
        record.OwnSource = PeerEndPoint.Of(record.Backend!.LocalEndPoint);
        _own.Add(record.OwnSource);
        return !_own.Contains(record.Identity!.Peer) || Fail(record, CloseReason.OriginalDestination);
    }

    // In one segment where it can be: a backend that looks at its first segment only (nginx, HAProxy) sees the whole header.
    private async ValueTask<bool> SendFirstAsync(ConnectionRecord record)
    {
        if (record is { SendsHeader: true, Prefetch.IsEmpty: true, Guard: null } && record.Client.MayHaveBytes
            && ReadFirst(record) is not (SocketError.Success or SocketError.WouldBlock))
        {
            return Fail(record, CloseReason.ClientReset);
        }

        // The header goes all the same: what the backend makes of the reset that follows is about the client then, not about us.
        var isRefused = RefusesSecondHeader(record) && !PassesGuard(record, IdentificationRefusal.UnexpectedHeader);
        var payload = isRefused ? default : record.Prefetch;
        if (!record.SendsHeader && payload.IsEmpty)
        {
            return true;
        }

        // A drain that ended the client's connection before it could see the backend's.
        if (record.Client.AbortReason is not null)
        {
            return Fail(record, CloseReason.Drain);
        }

        var route = record.Route!;
        byte[]? combined = null;
        var header = 0;
        var data = payload;
        if (record.SendsHeader)
        {
            var added = route.SourceIp.AddTlvs?.Write(record.Identity!.Client, ConnectionIds.Of(record.Id)) ?? [];
            combined = ArrayPool<byte>.Shared.Rent(SourceHeader.MaxLength(record.Identity!, route.SourceIp, added.Length) + payload.Length);
            header = SourceHeader.Write(combined, record.Identity!, route.SourceIp, added, out var leftOut);
            metrics.Dials.TlvsLeftOut(route.Cluster.Name, leftOut);
            payload.Span.CopyTo(combined.AsSpan(header));
            data = combined.AsMemory(0, header + payload.Length);
        }

        var sent = await record.Backend!.SendAllAsync(data, route.Cluster.ConnectTimeout);
        if (combined is not null)
        {
            ArrayPool<byte>.Shared.Return(combined);
            if (sent.Bytes >= header)
            {
                metrics.Dials.HeaderSent(route.Cluster.Name, route.SourceIp.Version);
            }
        }

        if (sent.Error != SocketError.Success)
        {
            return Fail(record, record.Client.AbortReason is null ? CloseReason.BackendSendFailed : CloseReason.Drain);
        }

        record.BytesToBackend = payload.Length;
        record.DropPrefetch();
        return !isRefused || Fail(record, CloseReason.UntrustedHeader);
    }

    // Where the listener has a policy, that has looked at the first bytes.
    private static bool RefusesSecondHeader(ConnectionRecord record) => record is { SendsHeader: true, Model.Policy: null, Route.SourceIp.RejectsNested: true };

    /// <summary>Reads what the client has sent so far, to be kept for the backend. WouldBlock: nothing yet; Success and nothing kept: the end of its stream.</summary>
    private static SocketError ReadFirst(ConnectionRecord record)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(FirstBufferBytes);
        var read = record.Client.Receive(buffer);
        if (read.Bytes > 0)
        {
            record.KeepPrefetch(buffer, 0, read.Bytes);
        }
        else
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return read.Error;
    }

    private void Account(ConnectionRecord record, bool saidNothing)
    {
        if (record.OwnSource is { } source)
        {
            _own.Remove(source);
        }

        if (record.Backend is not null)
        {
            record.Destination!.State.Closed();
        }

        var duration = time.GetElapsedTime(record.AcceptedAt);
        if (saidNothing && IsCheck(record, duration))
        {
            record.Reason = CloseReason.HealthCheck;
        }

        if (record.Reason == CloseReason.HealthCheck)
        {
            metrics.HealthCheck(record.Listener.Name);
        }

        if (record.IsOpened)
        {
            metrics.Closed(record, duration);
        }
        else if (record.Reason != CloseReason.HealthCheck)
        {
            metrics.Rejected(record.Listener.Name, record.Reason);
        }

        _access.Write(record, duration);
        Warn(record);
    }

    // What an operator can do something about. How clients and backends end their connections is their own affair.
    private void Warn(ConnectionRecord record)
    {
        switch (record.Reason)
        {
            case CloseReason.Limit or CloseReason.ProxyProtocol or CloseReason.Toa or CloseReason.NoRoute or CloseReason.OriginalDestination or CloseReason.Resources
                or CloseReason.SourceIpUnusable or CloseReason.UntrustedHeader or CloseReason.LateHeader or CloseReason.NestedHeader:
                _warnings.Refused(record.Listener.Name, record.Reason.Label(), RuleOf(record.Refusal), record.Client.RemoteEndPoint);
                break;
            case CloseReason.BackendConnectFailed or CloseReason.BackendConnectTimeout or CloseReason.BackendSendFailed or CloseReason.NoDestination or CloseReason.Self:
                _warnings.Unreachable(record.Route!.Cluster.Name, record.Reason.Label(), record.FailedDial ?? "-");
                break;
        }
    }

    private static string RuleOf(IdentificationRefusal refusal) => refusal == IdentificationRefusal.None ? "-" : refusal.ToString();

    // A peer without a header may wait for the server to speak, so it is dialled for at once, and only its end tells a check from a client.
    private static bool IsCheck(ConnectionRecord record, TimeSpan duration) =>
        record is { IsOpened: true, HasHeader: false, Identity.Source: IdentitySource.Socket, Reason: CloseReason.ClientFin or CloseReason.ClientReset }
        && record.BytesToClient <= LongestGreetingBytes && duration < LongestCheck;

    // Reset, not closed: neither side may take a cut stream for a complete one, and refused peers leave no TIME_WAIT behind.
    private static bool Fail(ConnectionRecord record, CloseReason reason)
    {
        record.Reason = record.Client.AbortReason == RelayEnd.Limit ? CloseReason.Limit : reason;
        // What a client sent that left during the dial was not read. It is lost, but whoever sent it is no check.
        record.HasSpoken |= reason == CloseReason.ClientReset && HasUnreadBytes(record.Client);
        record.Backend?.Reset();
        record.Client.Reset();
        return false;
    }

    private static bool HasUnreadBytes(TcpConnection client)
    {
        Span<byte> first = stackalloc byte[1];
        return client.Receive(first).Bytes > 0;
    }

    private static CloseReason ReasonOf(DialFailure failure, TcpConnection client) => failure switch
    {
        DialFailure.Timeout => CloseReason.BackendConnectTimeout,
        DialFailure.Self => CloseReason.Self,
        DialFailure.SourceIp => CloseReason.SourceIpUnusable,
        DialFailure.NoAddress => CloseReason.NoDestination,
        DialFailure.Resources => CloseReason.Resources,
        DialFailure.Aborted => client.AbortReason is null ? CloseReason.ClientReset : CloseReason.Drain,
        _ => CloseReason.BackendConnectFailed,
    };

    private static CloseReason ReasonOf(RelayEnd end, IdentificationRefusal guardAs) => end switch
    {
        RelayEnd.ClientFin => CloseReason.ClientFin,
        RelayEnd.BackendFin => CloseReason.BackendFin,
        RelayEnd.ClientReset => CloseReason.ClientReset,
        RelayEnd.BackendReset => CloseReason.BackendReset,
        RelayEnd.IdleTimeout => CloseReason.IdleTimeout,
        RelayEnd.MaxDuration => CloseReason.MaxDuration,
        RelayEnd.Drain => CloseReason.Drain,
        RelayEnd.Limit => CloseReason.Limit,
        RelayEnd.Refused => guardAs switch
        {
            IdentificationRefusal.LateHeader => CloseReason.LateHeader,
            IdentificationRefusal.NestedHeader => CloseReason.NestedHeader,
            _ => CloseReason.UntrustedHeader,
        },
        _ => CloseReason.Error,
    };

    private static partial class Log
    {
        [LoggerMessage(2000, LogLevel.Error, "Connection {ConnectionId} of listener {Listener} ended by a fault of the gateway")]
        public static partial void Fault(ILogger logger, long connectionId, string listener, Exception fault);
    }
}
