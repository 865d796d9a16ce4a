using System.Buffers;
using System.Net.Sockets;
using Gateway.Tcp.Identification;

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
            record.Identity = new ConnectionIdentity { Client = peer, Peer = peer, Local = client.LocalEndPoint, Source = IdentitySource.Socket };
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
                    ArrayPool<byte>.Shared.Return(buffer);
                    return FailBeforeIdentified(record, length);
                }

                ended = read is { Error: SocketError.Success, Bytes: 0 };
                length += read.Bytes;
            }

            var step = HeaderIdentification.Decide(policy, peerClass, buffer.AsSpan(0, length), time.GetElapsedTime(record.AcceptedAt), ended);
            if (step.Action != IdentificationAction.Wait)
            {
                return Conclude(record, step, buffer, length);
            }

            if (length == 0)
            {
                // A peer that is silent holds no buffer.
                ArrayPool<byte>.Shared.Return(buffer);
                buffer = null;
            }

            var waited = await client.WaitReadableAsync(step.Wait);
            if (waited is not (SocketError.Success or SocketError.TimedOut))
            {
                if (buffer is not null)
                {
                    ArrayPool<byte>.Shared.Return(buffer);
                }

                return FailBeforeIdentified(record, length);
            }
        }
    }

    private bool Conclude(ConnectionRecord record, in IdentificationStep step, byte[] buffer, int length)
    {
        headerMetrics.Concluded(record.Listener.Name, step, time.GetElapsedTime(record.AcceptedAt));
        if (step.Action == IdentificationAction.Identified)
        {
            var client = record.Client;
            record.Identity = HeaderIdentification.CreateIdentity(step, client.RemoteEndPoint, client.LocalEndPoint, buffer.AsSpan(0, length));
            record.KeepPrefetch(buffer, step.ConsumedBytes, length - step.ConsumedBytes);
            record.GuardAs = step.GuardAs;
            if (step.GuardAs != IdentificationRefusal.None)
            {
                record.Guard = new FirstBytesGuard();
                record.Guard.Inspect(record.Prefetch.Span);
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

    // Load balancers end their checks with RST as often as with FIN.
    private static bool FailBeforeIdentified(ConnectionRecord record, int length)
    {
        if (record.Client.AbortReason is not null)
        {
            return Fail(record, CloseReason.Draining);
        }

        if (length == 0)
        {
            return Fail(record, CloseReason.HealthCheck);
        }

        record.Refusal = IdentificationRefusal.HeaderTruncated;
        return Fail(record, CloseReason.ProxyProtocol);
    }

    private static byte[] Grow(byte[] buffer, int length)
    {
        var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        buffer.AsSpan(0, length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }
}
