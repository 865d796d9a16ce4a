using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Gateway.Tcp.AccessLogs;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Dialing;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Health;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Networks;
using Gateway.Tcp.Prologue;
using Gateway.Tcp.Relaying;
using Gateway.Tcp.Routing;
using Gateway.Tcp.Status;
using Gateway.Tcp.Telemetry;
using Gateway.Tcp.Tls;
using Microsoft.Extensions.Logging;

namespace Gateway.Tcp.Pipeline;

/// <summary>
/// The steps of an accepted TCP connection. They are the same for every engine and for both ways of accepting:
/// 1. Prologue (<see cref="ConnectionPrologue"/>): admit the connection and find out its client, or refuse the connection.
/// 2. End TLS, on a Tls listener: the handshake with the client.
/// 3. Route: listener, client and server name → route → cluster; refuse above the route's limit.
/// 4. Dial a destination. If the backend gets TLS, the dial includes the PROXY header and the handshake (<see cref="BackendOpening"/>).
/// 5. Send the PROXY header and the payload that came with the client's header, in one piece.
/// 6. Relay until either side or a limit ends the connection.
/// 7. Account: one reason, one access-log line, one set of metrics.
/// A step that fails leaves its reason in the record and closes the client's connection, so that every connection is accounted for.
/// </summary>
internal sealed partial class ConnectionPipeline(
    Dialer dialer,
    TcpMetrics metrics,
    LiveConnections live,
    ConnectionLimit limit,
    HandshakeLimit handshakes,
    ILoggerFactory loggers,
    TimeProvider time,
    PassiveHealth? passive = null,
    ClosedConnections? closed = null,
    AccessLogState? accessLog = null)
{
    // A load balancer's check ends within two round trips. A connection that lasts longer is a client, even if the client only reads.
    private static readonly TimeSpan LongestCheck = TimeSpan.FromSeconds(1);

    private readonly AnswerVerdicts? _answers = passive is null ? null : new AnswerVerdicts(passive, live);
    private readonly AccessLog _access = new(loggers, accessLog ?? new AccessLogState(time), live, time);
    private readonly ConnectionSpans _spans = new(time);
    private readonly OperatorWarnings _warnings = new(loggers, time);
    private readonly OwnConnections _own = new();
    private readonly ConnectionPrologue _prologue = new(PrologueRules.Tcp, metrics.Prologue, live, limit, loggers, time);
    private readonly HeadersAsPayload _headersAsPayload = new(metrics.Prologue, loggers);
    private readonly ILogger _logger = loggers.CreateLogger<ConnectionPipeline>();
    private volatile TcpModel _model = TcpModel.Empty;

    /// <summary>The model that new connections start with.</summary>
    public TcpModel Model
    {
        get => _model;
        set
        {
            _model = value;
            _headersAsPayload.Follow(value);
        }
    }

    /// <summary>The share of connections that have a span, 0 to 1.</summary>
    public double TraceSampleRatio
    {
        get => _spans.SampleRatio;
        set => _spans.SampleRatio = value;
    }

    /// <summary>Runs all steps for a connection. Never throws.</summary>
    public Task RunAsync(TcpConnection client, ListenerState listener) => RunAsync(client, listener, ConnectionIds.NextNumber());

    /// <summary>Runs all steps for a connection that already has a number. Never throws.</summary>
    public Task RunAsync(TcpConnection client, ListenerState listener, long number) =>
        RunAsync(new ConnectionRecord(number, client, listener, time.GetTimestamp()));

    // This state machine lives as long as the connection. To stay small, it keeps only the record, and no second reference to anything in
    // the record.
    private async Task RunAsync(ConnectionRecord record)
    {
        live.Add(record);
        try
        {
            await record.Client.EnterAsync();
            record.Model = _model.Listeners.GetValueOrDefault(record.ListenerName);
            if (await _prologue.RunAsync(record) && await EndTlsAsync(record) && Route(record) && await DialAsync(record)
                && await SendFirstAsync(record))
            {
                var relayed = await record.ClientSide.RelayAsync(
                    record.BackendLayer ?? record.Backend!, record.Route!.Relay, (IFirstBytesGuard?)record.Guard ?? WatcherOf(record));
                record.BytesToBackend += relayed.ClientToBackendBytes;
                record.BytesToClient += relayed.BackendToClientBytes;
                record.End(OutcomeOf(relayed, record.GuardAs));
                record.NoteEndOfTls();
                if (relayed.End == CloseReason.UntrustedHeader)
                {
                    metrics.Prologue.Headers.Stopped(record.ListenerName, record.GuardAs, record.Guard!.Refused);
                }
            }
        }
        catch (Exception fault)
        {
            // Each step returns its failure as a value. An exception is therefore a bug of the gateway, and must end this connection only.
            record.End(new Outcome(CloseReason.Error));
            await record.Client.EnterAsync();
            (record.BackendLayer ?? record.Backend)?.Reset();
            record.ClientSide.Reset();
            Log.Fault(_logger, record.Id, record.ListenerName, fault);
        }

        var saidNothing = record.BytesToBackend == 0 && record.Prefetch.IsEmpty && !record.HasSpoken;
        record.DropPrefetch();

        // The place is given back before the metrics show the end, because an observer of the metrics may rely on the free place. It is
        // also given back before code runs that may throw (a logger, a listener of a meter), so that no place is lost.
        _prologue.Leave(record);
        if (record.HoldsRoutePlace)
        {
            record.Route!.Connections.Release();
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

    /// <summary>Rejects a connection because the queue in front of the pipeline is full.</summary>
    public void RejectOverflow(TcpConnection client, ListenerState listener)
    {
        var record = new ConnectionRecord(ConnectionIds.NextNumber(), client, listener, time.GetTimestamp());
        record.Fail(CloseReason.Limit);
        Account(record, saidNothing: true);
    }

    // The prologue has already read the ClientHello; the handshake gets those bytes first.
    private ValueTask<bool> EndTlsAsync(ConnectionRecord record) =>
        record.Model?.Tls is { } server ? ShakeHandsAsync(record, server) : new ValueTask<bool>(true);

    private async ValueTask<bool> ShakeHandsAsync(ConnectionRecord record, IServerTls server)
    {
        var began = time.GetTimestamp();
        var left = record.LeftForHandshake(server.HandshakeTimeout, time);
        var shaken = await ServerHandshake.RunAsync(
            record.Client, record.Prefetch, record.Identity!.Hello!, server, left, handshakes, time);
        metrics.Tls.Ended(record.ListenerName, shaken.Result, time.GetElapsedTime(began), shaken.Session?.Version);
        record.DropPrefetch();
        if (shaken.Side is not { } side)
        {
            return record.Fail(shaken.ToOutcome(record.IsStopped));
        }

        record.ClientSide = side;
        record.HasSpoken = true;
        record.Identity = record.Identity with { Tls = shaken.Session };
        GuardInside(record);
        return true;
    }

    // The prologue has looked for a second header in front of TLS. The backend gets the bytes inside TLS, so they are guarded too.
    private void GuardInside(ConnectionRecord record)
    {
        if (record.ProxyProtocol is { } policy && (policy.RejectsNested || !record.HasHeader))
        {
            record.GuardAs = record.HasHeader ? IdentificationRefusal.NestedHeader : IdentificationRefusal.UntrustedHeader;
            record.Guard = policy.Observes ? _prologue.Observed.Watch(record, record.GuardAs) : new FirstBytesGuard();
        }
    }

    private bool Route(ConnectionRecord record)
    {
        var identity = record.Identity!;
        if (record.Model?.Match(identity) is not { } route)
        {
            return record.Fail(CloseReason.NoRoute);
        }

        record.Route = route;
        if (route.MaxConnections is not null && !(record.HoldsRoutePlace = route.Connections.TryTake(route.MaxConnections)))
        {
            return record.Fail(CloseReason.RouteLimit);
        }

        if (route.Cluster.Original is { } original)
        {
            var mayDial = original.MayDial(identity, record.Listener.Port, record.Client.BoundDevice);
            if (mayDial != true || _own.Contains(identity.Peer))
            {
                return record.Fail(mayDial is null ? CloseReason.Resources : CloseReason.OriginalDestination);
            }
        }

        return true;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> DialAsync(ConnectionRecord record)
    {
        var route = record.Route!;
        if (route.Cluster.Original is not null && await IsOwnAsync(record.Identity!.Peer))
        {
            return record.Fail(CloseReason.OriginalDestination);
        }

        var dial = dialer.Begin(new DialRequest
        {
            Connector = record.Client,
            Client = record.Identity!,
            Cluster = route.Cluster,
            SourceIp = route.SourceIp,
            KeepAlive = record.Listener.KeepAlive,
            UserTimeout = record.Listener.UserTimeout,
            Opening = BackendOpening.IsNeeded(record) ? new BackendOpening(record, metrics.Dials, time) : null,
        });
        if (!Open(record, await dialer.FindAddressAsync(dial)))
        {
            return false;
        }

        var dialed = await dialer.DialAsync(dial);
        (record.Destination, record.Load) = (dialed.Destination, dialed.Load);
        record.NoteDial(dialed.Backend is null ? dialed.Describe() : dialed.FailedAttempts);
        if (dialed.Backend is not { } backend)
        {
            return record.Fail(ReasonOf(dialed.Failure!.Value, record.Client));
        }

        record.Backend = backend;
        record.PassedBy = dialed.Mode;
        (record.ConnectedAt, record.ConnectTime) = (time.GetTimestamp(), dialed.ConnectTime);
        _access.Connected(record);
        metrics.DestinationOpened(route.Cluster.Name, dialed.Destination!.Name);
        if (UnhealthyConnections.CameTooLate(route.Cluster, dialed.Destination, dialed.Address!))
        {
            return record.Fail(CloseReason.Unhealthy);
        }

        return route.Cluster.Original is null || dialed.Mode == SourceIpMode.Transparent || KnowAsOwn(record);
    }

    // A connection counts as rejected if no destination has an address. A connection that ended during the name lookup counts as opened,
    // because it was routed; its end is reported like the end of any other routed connection.
    private bool Open(ConnectionRecord record, CloseReason? found)
    {
        if (found is (CloseReason.NoDestination or CloseReason.NoHealthyDestination) and var none)
        {
            return record.Fail(none);
        }

        if (found is null && record.Client.AbortReason is not null)
        {
            return record.Fail(CloseReason.Draining);
        }

        record.IsOpened = true;
        metrics.Opened(record.Route!, record.Identity!.Client.Address);
        return found is not { } reason || record.Fail(ReasonOf(reason, record.Client));
    }

    // Where one loop carries everything, it accepts our own connection in the round in which that connection's dial ends, and before it. In
    // a later turn the dial has ended. Without the turn each connection would dial the next one, without an end.
    private async ValueTask<bool> IsOwnAsync(IPEndPoint peer)
    {
        if (EngineLoop.Current is { } loop)
        {
            await loop.HopAsync();
        }
        else
        {
            await Task.Yield();
        }

        return _own.Contains(peer);
    }

    // The dialer knows that the client's connection ended, and not what ended it.
    private static CloseReason ReasonOf(CloseReason failure, TcpConnection client) =>
        failure == CloseReason.ClientReset && client.AbortReason is not null ? CloseReason.Drain : failure;

    // Not called for connections from a client's address: the client may have the same address and port, and its own connections would look
    // like a loop.
    private bool KnowAsOwn(ConnectionRecord record)
    {
        record.OwnSource = PeerEndPoint.Of(record.Backend!.LocalEndPoint);
        _own.Add(record.OwnSource);
        return !_own.Contains(record.Identity!.Peer) || record.Fail(CloseReason.OriginalDestination);
    }

    // Through a layer (TLS to the backend) the relay sends the first bytes too, because the relay has the limits for a backend that does
    // not read.
    private ValueTask<bool> SendFirstAsync(ConnectionRecord record)
    {
        if (record.BackendLayer is null)
        {
            return SendHeaderAsync(record, needsHeader: record.SendsHeader && !BackendOpening.IsNeeded(record));
        }

        if (RefusesSecondHeader(record) || record is { Guard: not null, Prefetch.IsEmpty: false })
        {
            // A new guard that has seen no byte yet, because the relay shows all bytes to the guard.
            (record.Guard, record.GuardAs) =
                (new FirstBytesGuard(), record.Guard is null ? IdentificationRefusal.UnexpectedHeader : record.GuardAs);
        }

        if (!record.Prefetch.IsEmpty)
        {
            record.ClientSide = new StreamSide(new ConnectionStream(record.Client, record.Prefetch.ToArray()), record.Client);
            record.DropPrefetch();
        }

        return new ValueTask<bool>(true);
    }

    private async ValueTask<bool> SendHeaderAsync(ConnectionRecord record, bool needsHeader)
    {
        if (record is { Prefetch.IsEmpty: true, Guard: null } && needsHeader && ReferenceEquals(record.ClientSide, record.Client)
            && record.Client.MayHaveBytes && record.Receive() != SocketError.Success)
        {
            return record.Fail(CloseReason.ClientReset);
        }

        // The header is sent even if the payload is refused, so that the backend attributes the reset that follows to the client and not to
        // the gateway.
        var isRefused = RefusesSecondHeader(record) && !record.PassesGuard(IdentificationRefusal.UnexpectedHeader, metrics.Prologue);
        var payload = isRefused ? default : record.Prefetch;
        if (!needsHeader && payload.IsEmpty)
        {
            return !isRefused || record.Fail(IdentificationOutcomes.OfLateHeader(record.GuardAs));
        }

        // If the client's connection was aborted before the record knew the backend's connection, the abort has not reached the backend's
        // connection.
        if (record.Client.AbortReason is not null)
        {
            return record.Fail(CloseReason.Drain);
        }

        if (!payload.IsEmpty && HeadersAsPayload.MayPass(record))
        {
            _headersAsPayload.Look(record, payload.Span);
        }

        FirstBytes? first = needsHeader ? FirstBytes.WithHeader(record, payload.Span, metrics.Dials) : null;
        var sent = await record.Backend!.SendAllAsync(first?.Data ?? payload, record.Route!.Cluster.ConnectTimeout);
        first?.Return(record, sent.Bytes, metrics.Dials);
        if (sent.Error != SocketError.Success)
        {
            return record.Fail(record.Client.AbortReason is null ? CloseReason.BackendSendFailed : CloseReason.Drain);
        }

        record.BytesToBackend = record.BytesAtOnce = payload.Length;
        record.DropPrefetch();
        return !isRefused || record.Fail(IdentificationOutcomes.OfLateHeader(record.GuardAs));
    }

    // The record itself, so that the look costs no object. Payload that was sent already has been looked at.
    private ConnectionRecord? WatcherOf(ConnectionRecord record)
    {
        if (record.BytesAtOnce != 0 || !HeadersAsPayload.MayPass(record))
        {
            return null;
        }

        record.HeadersAsPayload = _headersAsPayload;
        return record;
    }

    // Where the listener has a policy, the prologue has already looked at the first bytes. A policy that only observes has let them
    // through, so they are refused here, as on a listener without a policy: no backend may take a client's header for the gateway's.
    private static bool RefusesSecondHeader(ConnectionRecord record) =>
        record is { SendsHeader: true, Route.SourceIp.RejectsNested: true } && (record.ProxyProtocol is null || LetsHeadersThrough(record));

    private static bool LetsHeadersThrough(ConnectionRecord record) => record.ProxyProtocol is { Observes: true } policy
        && (policy.RejectsNested || !record.HasHeader);

    private void Account(ConnectionRecord record, bool saidNothing)
    {
        if (record.OwnSource is { } source)
        {
            _own.Remove(source);
        }

        record.Load?.End();
        var duration = time.GetElapsedTime(record.AcceptedAt);
        _answers?.Ended(record, duration);
        var outcome = saidNothing && IsCheck(record, duration) ? record.Outcome with { Reason = CloseReason.HealthCheck } : record.Outcome;
        record.End(outcome);
        if (record.IsOpened)
        {
            metrics.Closed(record, duration);
        }

        if (!record.IsOpened || outcome.Reason == CloseReason.HealthCheck)
        {
            metrics.Prologue.Ended(record.ListenerName, outcome.Reason);
        }

        if (closed?.Count(outcome.Reason) == true)
        {
            closed.Add(record.Summarize(time.GetUtcNow() - duration), outcome.Reason, DetailOf(outcome), duration);
        }

        _access.Write(record, duration);
        _spans.Ended(record, duration);
        _warnings.Ended(record.Outcome, record.ListenerName, record.Peer, record.Route?.Cluster.Name, record.Identity?.Client);
    }

    private static Outcome OutcomeOf(in RelayResult relayed, IdentificationRefusal guardAs) => relayed.End switch
    {
        CloseReason.UntrustedHeader => IdentificationOutcomes.OfLateHeader(guardAs),
        CloseReason.IdleTimeout when relayed.ByHalfClosedTimeout => new(CloseReason.IdleTimeout, "half_closed"),
        var reason => new(reason),
    };

    private static string? DetailOf(in Outcome outcome) => outcome is { Rule: null, Error: null } ? null : outcome.Detail;

    // A peer without a header may wait for the server to speak first, so the backend is dialed at once. Only the end of the connection then
    // tells a check from a client.
    private static bool IsCheck(ConnectionRecord record, TimeSpan duration) =>
        record
            is
        {
            IsOpened: true,
            HasHeader: false,
            Identity.Source: IdentitySource.Socket,
            Outcome.Reason: CloseReason.ClientFin or CloseReason.ClientReset
        }
        && record.BytesToClient <= ConnectionRecord.LongestGreetingBytes
        && duration < LongestCheck;

    private static partial class Log
    {
        [LoggerMessage(2000, LogLevel.Error, "Connection {ConnectionId} of listener {Listener} ended by a fault of the gateway")]
        public static partial void Fault(ILogger logger, long connectionId, string listener, Exception fault);
    }
}
