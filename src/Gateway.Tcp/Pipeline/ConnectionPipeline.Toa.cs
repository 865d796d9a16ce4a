using System.Net.Sockets;
using Gateway.ProxyProtocol;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Identification.Toa;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Pipeline;

/// <summary>
/// Step 2, where the listener has a <c>Toa</c> section: the client from a TCP option of a trusted peer, unless a PROXY header came, which says more. SYN and ACK were
/// there before accept; only the first data has to be waited for.
/// </summary>
internal sealed partial class ConnectionPipeline
{
    private ValueTask<bool> IdentifyByToaAsync(ConnectionRecord record)
    {
        var policy = record.Model!.Toa!;
        if (record.HasHeader || !policy.Trusts(record.Client.RemoteEndPoint.Address))
        {
            return new ValueTask<bool>(true);
        }

        var inSyn = TryFind(record, policy, OptionCarriers.Syn, out var client);
        var inAck = TryFind(record, policy, OptionCarriers.Ack, out var acknowledged);
        if (inSyn && inAck && client != acknowledged)
        {
            // A proxy that forwards packets leaves what a client has put into its own SYN, and writes its own option into the ACK.
            return new ValueTask<bool>(Refuse(record, "conflict", IdentificationRefusal.ToaConflict));
        }

        if (inSyn || inAck)
        {
            return new ValueTask<bool>(Believe(record, inSyn ? client : acknowledged));
        }

        return policy.WaitsForData(record.Client.SeesOptions) ? WaitForDataAsync(record, policy) : new ValueTask<bool>(Absent(record, policy));
    }

    private async ValueTask<bool> WaitForDataAsync(ConnectionRecord record, ToaPolicy policy)
    {
        // With PROXY protocol on the same listener the first bytes may have been read already.
        if (record.Prefetch.IsEmpty)
        {
            var waited = await record.Client.WaitReadableAsync(policy.Wait);
            if (waited == SocketError.TimedOut)
            {
                return Absent(record, policy);
            }

            if (waited != SocketError.Success)
            {
                return FailBeforeFirstByte(record);
            }
        }

        if (TryFind(record, policy, OptionCarriers.Data, out var client))
        {
            return Believe(record, client);
        }

        return !HasEndedInSilence(record) && Absent(record, policy);
    }

    /// <summary>Whether the peer has closed without a byte: a load balancer's check. Bytes are kept for the backend.</summary>
    private static bool HasEndedInSilence(ConnectionRecord record)
    {
        // A guard has to see every byte before it is sent on, and sees them in the relay.
        if (!record.Prefetch.IsEmpty || record.Guard is not null)
        {
            return false;
        }

        var error = ReadFirst(record);
        if (!record.Prefetch.IsEmpty || error == SocketError.WouldBlock)
        {
            return false;
        }

        if (error == SocketError.Success)
        {
            record.Reason = CloseReason.HealthCheck;
            record.Client.Close();
        }
        else
        {
            FailBeforeFirstByte(record);
        }

        return true;
    }

    // As with a PROXY header: the RST of a peer that has said nothing ends a check.
    private static bool FailBeforeFirstByte(ConnectionRecord record)
    {
        record.HasSpoken |= HasUnreadBytes(record.Client);
        return Fail(record, record.Client.AbortReason is not null ? CloseReason.Draining
            : record.HasSpoken ? CloseReason.ClientReset
            : CloseReason.HealthCheck);
    }

    private static bool TryFind(ConnectionRecord record, ToaPolicy policy, OptionCarriers carrier, out ProxyEndPoint client)
    {
        client = default;
        if ((policy.Carriers & carrier) == 0)
        {
            return false;
        }

        Span<byte> options = stackalloc byte[ToaFormats.MaxOptionsBytes];
        return policy.Formats.TryFind(options[..record.Client.ReadOptions(carrier, options)], out client);
    }

    // As with a PROXY header: a claimed source that no client can have is refused, any other is believed.
    private bool Believe(ConnectionRecord record, ProxyEndPoint client)
    {
        if (!client.CanBeSource)
        {
            return Refuse(record, "invalid", IdentificationRefusal.SourceInvalid);
        }

        metrics.ToaReceived(record.Listener.Name, "client");
        record.Identity = record.Identity! with { Client = client.Unmap().ToIPEndPoint(), Source = IdentitySource.Toa };
        return true;
    }

    private bool Absent(ConnectionRecord record, ToaPolicy policy)
    {
        if (policy.RejectsMissing)
        {
            return Refuse(record, "absent_rejected", IdentificationRefusal.ToaMissing);
        }

        metrics.ToaReceived(record.Listener.Name, "absent_allowed");
        return true;
    }

    private bool Refuse(ConnectionRecord record, string result, IdentificationRefusal refusal)
    {
        metrics.ToaReceived(record.Listener.Name, result);
        record.Refusal = refusal;
        return Fail(record, CloseReason.Toa);
    }
}
