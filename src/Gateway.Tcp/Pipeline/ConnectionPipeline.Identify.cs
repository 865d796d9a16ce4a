using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Gateway.ProxyProtocol;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Relaying;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Pipeline;

/// <summary>Step 2: feeds <see cref="HeaderIdentification"/> with what the connection has to say.</summary>
internal sealed partial class ConnectionPipeline
{
    private async ValueTask<bool> IdentifyAsync(ConnectionRecord record)
    {
        var client = record.Client;
        record.Model = _model.Listeners.GetValueOrDefault(record.Listener.Name);
        if (record.Model?.Policy is not { } policy)
        {
            var peer = client.RemoteEndPoint;
            record.Identity = new ConnectionIdentity { Client = peer, Peer = peer, Local = LocalOf(record), Source = IdentitySource.Socket };
            return true;
        }

        var peerClass = policy.Classify(client.RemoteEndPoint.Address);
        byte[]? buffer = null;
        var length = 0;
        var ended = false;
        while (true)
        {
            buffer ??= ArrayPool<byte>.Shared.Rent(FirstBufferBytes);
            if (!ended && peerClass != PeerClass.Rejected)
            {
                if (length == buffer.Length)
                {
                    buffer = Grow(buffer, length);
                }

                var read = client.Receive(buffer.AsSpan(length));
                if (read.Error is not (SocketError.Success or SocketError.WouldBlock))
                {
                    return FailUnidentified(record, policy, peerClass, buffer, length);
                }

                ended = read is { Error: SocketError.Success, Bytes: 0 };
                length += read.Bytes;
            }

            var elapsed = time.GetElapsedTime(record.AcceptedAt);
            var step = HeaderIdentification.Decide(policy, peerClass, buffer.AsSpan(0, length), elapsed, ended);
            var wait = step.Wait;
            if (step.Action != IdentificationAction.Wait)
            {
                if (!SpeaksForItself(step, length, client.RemoteEndPoint))
                {
                    return Conclude(record, step, buffer, length);
                }

                wait = (peerClass == PeerClass.HealthChecker ? policy.HeaderTimeout : policy.OptionalWait) - elapsed;
                if (ended || wait <= TimeSpan.Zero)
                {
                    return Conclude(record, ended || peerClass == PeerClass.HealthChecker ? CheckOf(step) : step, buffer, length);
                }
            }

            if (length == 0)
            {
                // A peer that is silent holds no buffer.
                ArrayPool<byte>.Shared.Return(buffer);
                buffer = null;
            }

            var waited = await client.WaitReadableAsync(wait);
            if (waited is not (SocketError.Success or SocketError.TimedOut))
            {
                return FailUnidentified(record, policy, peerClass, buffer, length);
            }
        }
    }

    // LOCAL, UNKNOWN, or a header that names the proxy itself, and nothing behind it: so far it is a load balancer's check, which is about to close.
    // Nothing is dialled for it before its first byte (health checkers), or before it had time to close (trusted: it may wait for the server to speak).
    private static bool SpeaksForItself(in IdentificationStep step, int length, IPEndPoint peer) =>
        step is { Action: IdentificationAction.Identified, HasHeader: true } && step.ConsumedBytes == length
        && (!step.Header.HasAddresses || step.Header.Source.Unmap() == ProxyEndPoint.From(peer));

    private static IdentificationStep CheckOf(in IdentificationStep step) => step with { Action = IdentificationAction.CloseSilently };

    private bool Conclude(ConnectionRecord record, in IdentificationStep step, byte[] buffer, int length)
    {
        headerMetrics.Concluded(record.Listener.Name, step, time.GetElapsedTime(record.AcceptedAt));
        if (step.Action == IdentificationAction.Identified)
        {
            var client = record.Client;
            record.Identity = HeaderIdentification.CreateIdentity(step, client.RemoteEndPoint, LocalOf(record), buffer.AsSpan(0, length));
            record.KeepPrefetch(buffer, step.ConsumedBytes, length - step.ConsumedBytes);
            record.HasHeader = step.HasHeader;
            if (step.GuardAs != IdentificationRefusal.None && !PassesGuard(record, step.GuardAs))
            {
                return Fail(record, CloseReason.ProxyProtocol);
            }

            if (record.Prefetch.IsEmpty)
            {
                record.DropPrefetch();
            }

            return true;
        }

        ArrayPool<byte>.Shared.Return(buffer);
        if (step.Action == IdentificationAction.CloseSilently)
        {
            record.Reason = CloseReason.HealthCheck;
            record.Client.Close();
            return false;
        }

        record.Refusal = step.Refusal;
        record.ParseError = step.ParseError;
        return Fail(record, CloseReason.ProxyProtocol);
    }

    /// <summary>Looks for a header in what the client has sent so far, and has what still comes looked at on its way to the backend, until it is known to be none.</summary>
    private bool PassesGuard(ConnectionRecord record, IdentificationRefusal guardAs)
    {
        var guard = new FirstBytesGuard();
        var verdict = guard.Inspect(record.Prefetch.Span);
        record.GuardAs = guardAs;
        record.Guard = verdict == GuardVerdict.More ? guard : null;
        if (verdict == GuardVerdict.Refuse)
        {
            record.Refusal = guardAs;
            headerMetrics.Stopped(record.Listener.Name, guardAs, guard.Refused);
        }

        return verdict != GuardVerdict.Refuse;
    }

    // What the client connected to. tproxy leaves the packets as they are, so there it is the accepted socket's own address.
    private static IPEndPoint LocalOf(ConnectionRecord record)
    {
        var client = record.Client;
        return (record.Listener.Intercept == InterceptMode.Redirect ? client.ReadRedirectedDestination() : null) ?? client.LocalEndPoint;
    }

    // The peer has reset, or its socket failed. Load balancers end their checks with RST as often as with FIN, and what came before it is still there to be read.
    private bool FailUnidentified(ConnectionRecord record, ProxyProtocolPolicy policy, PeerClass peer, byte[]? buffer, int length)
    {
        buffer ??= ArrayPool<byte>.Shared.Rent(FirstBufferBytes);
        length += record.Client.Receive(buffer.AsSpan(length)).Bytes;
        var elapsed = time.GetElapsedTime(record.AcceptedAt);
        var step = HeaderIdentification.Decide(policy, peer, buffer.AsSpan(0, length), elapsed, ended: true);
        ArrayPool<byte>.Shared.Return(buffer);
        if (record.Client.AbortReason is not null)
        {
            return Fail(record, CloseReason.Draining);
        }

        step = SpeaksForItself(step, length, record.Client.RemoteEndPoint) ? CheckOf(step) : step;
        headerMetrics.Concluded(record.Listener.Name, step, elapsed);
        (record.Refusal, record.ParseError) = (step.Refusal, step.ParseError);
        return Fail(record, step.Action switch
        {
            IdentificationAction.CloseSilently => CloseReason.HealthCheck,
            IdentificationAction.Refuse => CloseReason.ProxyProtocol,
            _ => CloseReason.ClientReset,
        });
    }

    private static byte[] Grow(byte[] buffer, int length)
    {
        var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        buffer.AsSpan(0, length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }
}
