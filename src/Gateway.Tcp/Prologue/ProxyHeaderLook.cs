using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Gateway.ProxyProtocol;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Relaying;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Prologue;

/// <summary>Passes the received bytes to <see cref="HeaderIdentification"/> until the client is known or refused.</summary>
internal sealed class ProxyHeaderLook(PrologueRules rules, PrologueMetrics metrics, ObservedRefusals observed, TimeProvider time)
    : IPrologueLook
{
    public ValueTask<bool> LookAsync(AcceptedConnection connection)
    {
        if (connection.ProxyProtocol is { } policy)
        {
            return IdentifyAsync(connection, policy);
        }

        var peer = connection.Peer;
        connection.Identity = new ConnectionIdentity
        {
            Client = peer,
            Peer = peer,
            Local = connection.ReadLocal(),
            Source = IdentitySource.Socket,
        };
        return new ValueTask<bool>(true);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> IdentifyAsync(AcceptedConnection connection, ProxyProtocolPolicy policy)
    {
        var peer = policy.Classify(connection.Peer.Address);
        var settled = default(IdentificationStep);
        while (true)
        {
            // A peer that is refused by its address: nothing is read.
            if ((peer != PeerClass.Rejected || policy.Observes) && !connection.HasEnded && connection.Receive() != SocketError.Success)
            {
                return ConcludeFailed(connection, policy, peer, settled);
            }

            var step = Decide(connection, policy, peer, ref settled, connection.HasEnded);
            if (step.Action != IdentificationAction.Wait)
            {
                return Conclude(connection, policy, step);
            }

            var waited = await connection.WaitAsync(step.Wait);
            if (waited is not (SocketError.Success or SocketError.TimedOut))
            {
                return ConcludeFailed(connection, policy, peer, settled);
            }
        }
    }

    /// <summary>Decides what to do with the bytes that have come so far.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="policy">Its listener's policy.</param>
    /// <param name="peer">The peer's class in the policy.</param>
    /// <param name="settled">
    /// The identification, if only the first bytes behind it can still change it. It is not decided again, so that a header that is
    /// complete only later stays a late header.
    /// </param>
    /// <param name="ended">Whether no more bytes will come.</param>
    private IdentificationStep Decide(
        AcceptedConnection connection, ProxyProtocolPolicy policy, PeerClass peer, ref IdentificationStep settled, bool ended)
    {
        var elapsed = time.GetElapsedTime(connection.AcceptedAt);
        var received = connection.Received;
        if (settled.GuardAs == IdentificationRefusal.None)
        {
            var step = HeaderIdentification.Decide(policy, peer, received, elapsed, ended, rules.ClientSpeaksFirst);
            if (!rules.WatchesForNestedHeaders && step.GuardAs == IdentificationRefusal.NestedHeader)
            {
                step = step with { GuardAs = IdentificationRefusal.None };
            }

            if (!rules.ClientSpeaksFirst)
            {
                return WaitForCheck(step, policy, peer, connection.Peer, received.Length, elapsed, ended);
            }

            if (step.Action != IdentificationAction.Identified || step.GuardAs == IdentificationRefusal.None)
            {
                return step;
            }

            settled = step;
        }

        var first = WaitForFirstBytes(settled, received.Slice(settled.ConsumedBytes), policy.HeaderTimeout - elapsed, ended);
        return policy.Observes && first.Action == IdentificationAction.Refuse
            ? first with { Action = IdentificationAction.Identified, Refusal = IdentificationRefusal.None, Observed = first.Refusal }
            : first;
    }

    // LOCAL, UNKNOWN, or a header that names the proxy itself, and nothing behind the header: this is probably a load balancer's check that
    // is about to close. For a health checker, a backend is dialed only after its first byte. For a trusted peer, a backend is dialed after
    // OptionalWait, because the peer may wait for the server to speak first.
    private static IdentificationStep WaitForCheck(
        in IdentificationStep step, ProxyProtocolPolicy policy, PeerClass peer, IPEndPoint from, long length, TimeSpan elapsed, bool ended)
    {
        if (!SpeaksForItself(step, length, from))
        {
            return step;
        }

        var wait = (peer == PeerClass.HealthChecker ? policy.HeaderTimeout : policy.OptionalWait) - elapsed;
        return !ended && wait > TimeSpan.Zero ? step with { Action = IdentificationAction.Wait, Wait = wait }
            : ended || peer == PeerClass.HealthChecker ? step with { Action = IdentificationAction.CloseSilently }
            : step;
    }

    private static bool SpeaksForItself(in IdentificationStep step, long length, IPEndPoint peer) =>
        step is { Action: IdentificationAction.Identified, HasHeader: true } && step.ConsumedBytes == length
        && (!step.Header.HasAddresses || step.Header.Source.Unmap() == ProxyEndPoint.From(peer));

    // The peer is the client. Its first bytes, or the bytes behind a header that names no client, must not be a header.
    private static IdentificationStep WaitForFirstBytes(
        in IdentificationStep settled,
        in ReadOnlySequence<byte> payload,
        TimeSpan left,
        bool ended)
    {
        var guard = new FirstBytesGuard();
        switch (guard.Inspect(payload))
        {
            case GuardVerdict.Refuse:
                return settled with
                {
                    Action = IdentificationAction.Refuse,
                    Refusal = settled.GuardAs,
                    GuardAs = IdentificationRefusal.None,
                    Version = guard.Refused,
                };
            case GuardVerdict.More when !ended && left > TimeSpan.Zero:
                return settled with { Action = IdentificationAction.Wait, Wait = left };
            case GuardVerdict.More when payload.IsEmpty:
                return settled with { Action = IdentificationAction.CloseSilently, GuardAs = IdentificationRefusal.None };
            default:
                // The rest of a signature will not come, or not in time: the HTTP server answers the bytes that have come.
                return settled with { GuardAs = IdentificationRefusal.None };
        }
    }

    private bool Conclude(AcceptedConnection connection, ProxyProtocolPolicy policy, in IdentificationStep step)
    {
        Count(connection, step);
        if (step.Action != IdentificationAction.Identified)
        {
            return connection.Fail(OutcomeOf(step));
        }

        var header = connection.Received.Slice(0, step.ConsumedBytes);
        var bytes = header.IsSingleSegment ? header.FirstSpan : header.ToArray();
        connection.Identity = HeaderIdentification.CreateIdentity(step, connection.Peer, connection.ReadLocal(), bytes);
        connection.Consume(step.ConsumedBytes);
        // A header that was dropped says nothing about the client, so a TCP option may still name the client.
        connection.HasHeader = step.HasHeader && step.Observed == IdentificationRefusal.None;
        if (policy.Observes && step.GuardAs != IdentificationRefusal.None)
        {
            var guard = observed.Watch(connection, step.GuardAs);
            connection.Guard = guard.Inspect(connection.Received) == GuardVerdict.More ? guard : null;
            return true;
        }

        return step.GuardAs == IdentificationRefusal.None || connection.PassesGuard(step.GuardAs, metrics)
            || connection.Fail(IdentificationOutcomes.OfHeader(step.GuardAs));
    }

    // The peer has reset, the socket failed, or the gateway ends the connection. Load balancers end their checks with RST as often as with
    // FIN, and the bytes that came before the RST can still be read.
    private bool ConcludeFailed(AcceptedConnection connection, ProxyProtocolPolicy policy, PeerClass peer, IdentificationStep settled)
    {
        _ = connection.Receive();
        if (connection.IsStopped)
        {
            return connection.Fail(CloseReason.Draining);
        }

        var step = Decide(connection, policy, peer, ref settled, ended: true);
        Count(connection, step);
        return connection.Fail(step.Action == IdentificationAction.Identified ? new Outcome(CloseReason.ClientReset) : OutcomeOf(step));
    }

    private void Count(AcceptedConnection connection, in IdentificationStep step)
    {
        metrics.Headers.Concluded(connection.ListenerName, step, time.GetElapsedTime(connection.AcceptedAt));
        if (step.Observed != IdentificationRefusal.None)
        {
            observed.Note(connection, step.Observed);
        }
    }

    private static Outcome OutcomeOf(in IdentificationStep step) =>
        step.Action == IdentificationAction.CloseSilently
            ? new Outcome(CloseReason.HealthCheck)
            : IdentificationOutcomes.OfHeader(step.Refusal, step.ParseError);
}
