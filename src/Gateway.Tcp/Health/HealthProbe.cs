using Gateway.Tcp.Configuration;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Engines.Portable;
using Gateway.Tcp.Health.Probes;

namespace Gateway.Tcp.Health;

/// <summary>
/// Checks one address: it connects, and then asks what the cluster's check asks (<see cref="Conversation"/>). A check of kind Connect ends
/// within the handshake (<see cref="Knock"/>). Checks use managed sockets, with either engine and also for Dnat clusters.
/// </summary>
/// <param name="ownListeners">The listeners of this process. A destination that is one of them is bad.</param>
/// <param name="time">For the timeout.</param>
internal sealed class HealthProbe(OwnListeners ownListeners, TimeProvider time)
{
    /// <summary>Checks an address within the timeout of its rules.</summary>
    /// <param name="target">The address, and what is asked.</param>
    /// <param name="cancellation">Ends the check early.</param>
    public async Task<ProbeResult> CheckAsync(ProbeTarget target, CancellationToken cancellation)
    {
        var model = target.Rules.Probe;
        var began = time.GetTimestamp();
        using var limit = new CancellationTokenSource(target.Rules.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        var connector = new SocketConnector(ownListeners, time, cancellation) { Prepare = model.IsKnock ? Knock.Prepare : null };
        var connected = await connector.ConnectAsync(
            new ConnectRequest { Destination = target.CheckedAddress, Timeout = target.Rules.Timeout });
        if (connected.Socket is not { } socket)
        {
            // A destination that is our own listener cannot serve clients, although the network is in order.
            return connected.Failure.IsOurs() && connected.Failure != ConnectFailure.Self
                ? ProbeResult.None
                : ProbeResult.Bad(ConnectLabel.Of(connected.Failure, connected.Error));
        }

        using (socket)
        {
            if (model.IsKnock)
            {
                return ProbeResult.Good;
            }

            using var probe = ProbeFor(target);
            await using var conversation = new Conversation(socket, target, probe, time);
            var why = await conversation.AskAsync(either.Token);
            return cancellation.IsCancellationRequested
                ? ProbeResult.None
                : new ProbeResult(why is null, why) { Took = time.GetElapsedTime(began, conversation.AskedUntil) };
        }
    }

    private static IProbe ProbeFor(ProbeTarget target) => target.Rules.Probe.Kind switch
    {
        TcpHealthCheckKind.Tls => target.Tls is null ? new ServerHelloProbe(target.Destination.Host) : new HandshakeProbe(),
        TcpHealthCheckKind.Http => new HttpProbe(target),
        TcpHealthCheckKind.Exchange => new ExchangeProbe(target.Rules.Probe),
        _ => new HeaderProbe(),
    };
}
