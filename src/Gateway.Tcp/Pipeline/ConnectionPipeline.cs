using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Dialing;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Networks;
using Gateway.Tcp.Prologue;
using Gateway.Tcp.Relaying;
using Gateway.Tcp.Routing;
using Gateway.Tcp.Telemetry;
using Gateway.Tcp.Tls;
using Microsoft.Extensions.Logging;

namespace Gateway.Tcp.Pipeline;

/// <summary>
/// What happens to an accepted connection, whichever engine carries it and however it got here:
/// 1. Prologue (<see cref="ConnectionPrologue"/>): admitted, and the client known; or refused.
/// 2. Route: listener and client → route → cluster.
/// 3. Dial a destination.
/// 4. Send the PROXY header and the payload that came with ours, in one piece.
/// 5. Relay until it ends.
/// 6. Account: one reason, one access-log line, one set of metrics.
/// A step that fails leaves its reason in the record and closes the client's connection; nothing is lost silently.
/// </summary>
internal sealed partial class ConnectionPipeline(
    Dialer dialer,
    TcpMetrics metrics,
    LiveConnections live,
    ConnectionLimit limit,
    HandshakeLimit handshakes,
    ILoggerFactory loggers,
    TimeProvider time)
{
    // A load balancer's check ends within two round trips. Who stays longer is a client, also one that only listens.
    private static readonly TimeSpan LongestCheck = TimeSpan.FromSeconds(1);

    private readonly AccessLog _access = new(loggers);
    private readonly OperatorWarnings _warnings = new(loggers, time);
    private readonly OwnConnections _own = new();
    private readonly ConnectionPrologue _prologue = new(PrologueRules.Tcp, metrics.Prologue, live, limit, time);
    private readonly ILogger _logger = loggers.CreateLogger<ConnectionPipeline>();
    private volatile TcpModel _model = TcpModel.Empty;

    /// <summary>The model that new connections start with.</summary>
    public TcpModel Model
    {
        get => _model;
        set => _model = value;
    }

    /// <summary>Carries a connection from accept to account. Never throws.</summary>
    public Task RunAsync(TcpConnection client, ListenerState listener) => RunAsync(client, listener, ConnectionIds.NextNumber());

    /// <summary>The same with a number that the connection has already.</summary>
    public Task RunAsync(TcpConnection client, ListenerState listener, long number) =>
        RunAsync(new ConnectionRecord(number, client, listener, time.GetTimestamp()));

    // What lives as long as a connection: it keeps the record, and nothing that the record has.
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
                var relayed = await record.ClientSide.RelayAsync(record.BackendLayer ?? record.Backend!, record.Route!.Relay, record.Guard);
                record.BytesToBackend += relayed.ClientToBackendBytes;
                record.BytesToClient += relayed.BackendToClientBytes;
                record.End(PipelineOutcomes.Of(relayed.End, record.GuardAs));
                record.NoteCut();
                if (relayed.End == RelayEnd.Refused)
                {
                    metrics.Prologue.Headers.Stopped(record.ListenerName, record.GuardAs, record.Guard!.Refused);
                }
            }
        }
        catch (Exception fault)
        {
            // The steps answer with values: whatever gets here is our bug, and must cost this connection only.
            record.End(new Outcome(CloseReason.Error));
            await record.Client.EnterAsync();
            (record.BackendLayer ?? record.Backend)?.Reset();
            record.ClientSide.Reset();
            Log.Fault(_logger, record.Id, record.ListenerName, fault);
        }

        var saidNothing = record.BytesToBackend == 0 && record.Prefetch.IsEmpty && !record.HasSpoken;
        record.DropPrefetch();

        // Before anybody is told that the connection has ended: who sees it in a metric may count on its place. And whatever a logger or a
        // meter's listener throws, no place is lost for good.
        _prologue.Leave(record);

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
        var record = new ConnectionRecord(ConnectionIds.NextNumber(), client, listener, time.GetTimestamp());
        record.Fail(CloseReason.Limit);
        Account(record, saidNothing: true);
    }

    // The ClientHello has been read by the prologue; the handshake goes on with it.
    private ValueTask<bool> EndTlsAsync(ConnectionRecord record) =>
        record.Model?.Tls is { } server ? ShakeHandsAsync(record, server) : new ValueTask<bool>(true);

    private async ValueTask<bool> ShakeHandsAsync(ConnectionRecord record, IServerTls server)
    {
        var began = time.GetTimestamp();
        var left = record.LeftForHandshake(server.HandshakeTimeout, time);
        var shaken = await ServerHandshake.RunAsync(
            record.Client, record.Prefetch, record.Identity!.Hello!, server, left, handshakes, time);
        metrics.Tls.Ended(record.ListenerName, shaken.Result, time.GetElapsedTime(began));
        record.DropPrefetch();
        if (shaken.Side is not { } side)
        {
            return record.Fail(
                record.IsStopped ? new Outcome(CloseReason.Draining)
                : shaken.Result == TlsResult.Closed ? new Outcome(CloseReason.ClientReset)
                : new Outcome(CloseReason.Tls, shaken.Problem));
        }

        record.ClientSide = side;
        record.HasSpoken = true;
        record.Identity = record.Identity with { Tls = shaken.Session };
        return true;
    }

    private bool Route(ConnectionRecord record)
    {
        var identity = record.Identity!;
        if (record.Model?.Match(identity) is not { } route)
        {
            return record.Fail(CloseReason.NoRoute);
        }

        record.Route = route;
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
        var dial = dialer.Begin(new DialRequest
        {
            Connector = record.Client,
            Client = record.Identity!,
            Cluster = route.Cluster,
            SourceIp = route.SourceIp,
            KeepAlive = record.Listener.KeepAlive,
            Opening = BackendOpening.IsNeeded(record) ? new BackendOpening(record, metrics.Dials, time) : null,
        });
        if (!Open(record, await dialer.FindAddressAsync(dial)))
        {
            return false;
        }

        var dialed = await dialer.DialAsync(dial);
        record.Destination = dialed.Destination;
        record.NoteDial(dialed.Backend is null ? dialed.Describe() : dialed.FailedAttempts);
        if (dialed.Backend is not { } backend)
        {
            return record.Fail(PipelineOutcomes.Of(dialed.Failure, record.Client));
        }

        record.Backend = backend;
        dialed.Destination!.State.Opened();
        record.SendsHeader = dialed.Mode == SourceIpMode.ProxyProtocol;
        metrics.DestinationOpened(route.Cluster.Name, dialed.Destination.Name);
        return route.Cluster.Original is null || dialed.Mode == SourceIpMode.Transparent || KnowAsOwn(record);
    }

    // A connection for which no destination has an address counts as rejected. A connection that ended while a name was asked for counts as
    // opened: it was routed, and how it ended is said as of any other.
    private bool Open(ConnectionRecord record, DialFailure found)
    {
        if (found == DialFailure.NoAddress)
        {
            return record.Fail(CloseReason.NoDestination);
        }

        if (found == DialFailure.None && record.Client.AbortReason is not null)
        {
            return record.Fail(CloseReason.Draining);
        }

        record.IsOpened = true;
        metrics.Opened(record.Route!, record.Identity!.Client.Address);
        return found == DialFailure.None || record.Fail(PipelineOutcomes.Of(found, record.Client));
    }

    // Not from a client's address: a client may have the same port, and is no loop.
    private bool KnowAsOwn(ConnectionRecord record)
    {
        record.OwnSource = PeerEndPoint.Of(record.Backend!.LocalEndPoint);
        _own.Add(record.OwnSource);
        return !_own.Contains(record.Identity!.Peer) || record.Fail(CloseReason.OriginalDestination);
    }

    // Through a layer the relay sends everything: it has the limits for a backend that does not take it.
    private ValueTask<bool> SendFirstAsync(ConnectionRecord record)
    {
        if (record.BackendLayer is null)
        {
            return SendHeaderAsync(record, needsHeader: record.SendsHeader && !BackendOpening.IsNeeded(record));
        }

        if (RefusesSecondHeader(record) || record is { Guard: not null, Prefetch.IsEmpty: false })
        {
            // One that has seen nothing yet: the relay shows it all bytes.
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

        // The header goes all the same: what the backend makes of the reset that follows is about the client then, not about us.
        var isRefused = RefusesSecondHeader(record) && !record.PassesGuard(IdentificationRefusal.UnexpectedHeader, metrics.Prologue);
        var payload = isRefused ? default : record.Prefetch;
        if (!needsHeader && payload.IsEmpty)
        {
            return !isRefused || record.Fail(PipelineOutcomes.Of(record.GuardAs));
        }

        // An abort of the client's connection that came before the backend's was known has not reached that one.
        if (record.Client.AbortReason is not null)
        {
            return record.Fail(CloseReason.Drain);
        }

        FirstBytes? first = needsHeader ? FirstBytes.WithHeader(record, payload.Span, metrics.Dials) : null;
        var sent = await record.Backend!.SendAllAsync(first?.Data ?? payload, record.Route!.Cluster.ConnectTimeout);
        first?.Return(record, sent.Bytes, metrics.Dials);
        if (sent.Error != SocketError.Success)
        {
            return record.Fail(record.Client.AbortReason is null ? CloseReason.BackendSendFailed : CloseReason.Drain);
        }

        record.BytesToBackend = payload.Length;
        record.DropPrefetch();
        return !isRefused || record.Fail(PipelineOutcomes.Of(record.GuardAs));
    }

    // Where the listener has a policy, that has looked at the first bytes.
    private static bool RefusesSecondHeader(ConnectionRecord record) =>
        record is { SendsHeader: true, Model.Policy: null, Route.SourceIp.RejectsNested: true };

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

        _access.Write(record, duration);
        _warnings.Ended(record.Outcome, record.ListenerName, record.Peer, record.Route?.Cluster.Name);
    }

    // A peer without a header may wait for the server to speak, so it is dialed for at once, and only its end tells a check from a client.
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
