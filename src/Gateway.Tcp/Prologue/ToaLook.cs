using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Gateway.ProxyProtocol;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Identification.Toa;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Prologue;

/// <summary>
/// Takes the client from a TCP option of a trusted peer, where the listener has a <c>Toa</c> section. A PROXY header is preferred, because
/// it says more. SYN and ACK came before accept; only the first data segment has to be waited for. Nothing is consumed.
/// </summary>
internal sealed class ToaLook(PrologueMetrics metrics) : IPrologueLook
{
    public ValueTask<bool> LookAsync(AcceptedConnection connection)
    {
        if (connection.Toa is not { } policy || connection.HasHeader || !policy.Trusts(connection.Peer.Address))
        {
            return new ValueTask<bool>(true);
        }

        var inSyn = TryFind(connection, policy, OptionCarriers.Syn, out var client);
        var inAck = TryFind(connection, policy, OptionCarriers.Ack, out var acknowledged);
        if (inSyn && inAck && client != acknowledged)
        {
            // A proxy that forwards packets keeps an option that the client has put into its own SYN, and writes its own option into the
            // ACK.
            return new ValueTask<bool>(Refuse(connection, ToaResults.Conflict, IdentificationRefusal.ToaConflict));
        }

        if (inSyn || inAck)
        {
            return new ValueTask<bool>(Believe(connection, inSyn ? client : acknowledged));
        }

        return policy.WaitsForData(connection.SeesOptions)
            ? WaitForDataAsync(connection, policy)
            : new ValueTask<bool>(Absent(connection, policy));
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> WaitForDataAsync(AcceptedConnection connection, ToaPolicy policy)
    {
        // If the listener also has a ProxyProtocol section, the first bytes may have been read already.
        if (connection.Received.IsEmpty)
        {
            var waited = await connection.WaitAsync(policy.Wait);
            if (waited == SocketError.TimedOut)
            {
                return Absent(connection, policy);
            }

            if (waited != SocketError.Success)
            {
                return FailBeforeFirstByte(connection);
            }
        }

        if (TryFind(connection, policy, OptionCarriers.Data, out var client))
        {
            return Believe(connection, client);
        }

        // If there is a guard, nothing is read here, because the guard has to see every byte and gets the bytes only after the prologue.
        if (connection is { Received.IsEmpty: true, Guard: null, HasEnded: false } && connection.Receive() != SocketError.Success)
        {
            return FailBeforeFirstByte(connection);
        }

        // A peer that has closed without a byte is a load balancer's check.
        return connection is { Received.IsEmpty: true, Guard: null, HasEnded: true }
            ? connection.Fail(CloseReason.HealthCheck)
            : Absent(connection, policy);
    }

    // RST from a peer that has sent nothing is the end of a check, as before a PROXY header.
    private static bool FailBeforeFirstByte(AcceptedConnection connection)
    {
        _ = connection.Receive();
        return connection.Fail(connection.IsStopped ? CloseReason.Draining
            : connection.Received.IsEmpty ? CloseReason.HealthCheck
            : CloseReason.ClientReset);
    }

    private static bool TryFind(AcceptedConnection connection, ToaPolicy policy, OptionCarriers carrier, out ProxyEndPoint client)
    {
        client = default;
        if ((policy.Carriers & carrier) == 0)
        {
            return false;
        }

        Span<byte> options = stackalloc byte[ToaFormats.MaxOptionsBytes];
        return policy.Formats.TryFind(options[..connection.ReadOptions(carrier, options)], out client);
    }

    // An address that no client can have is refused, as in a PROXY header; every other address is accepted.
    private bool Believe(AcceptedConnection connection, ProxyEndPoint client)
    {
        if (!client.CanBeSource)
        {
            return Refuse(connection, ToaResults.Invalid, IdentificationRefusal.SourceInvalid);
        }

        metrics.ToaReceived(connection.ListenerName, ToaResults.Client);
        connection.Identity = connection.Identity! with { Client = client.Unmap().ToIPEndPoint(), Source = IdentitySource.Toa };
        return true;
    }

    private bool Absent(AcceptedConnection connection, ToaPolicy policy)
    {
        if (policy.RejectsMissing)
        {
            return Refuse(connection, ToaResults.AbsentRejected, IdentificationRefusal.ToaMissing);
        }

        metrics.ToaReceived(connection.ListenerName, ToaResults.AbsentAllowed);
        return true;
    }

    private bool Refuse(AcceptedConnection connection, string result, IdentificationRefusal refusal)
    {
        metrics.ToaReceived(connection.ListenerName, result);
        return connection.Fail(IdentificationOutcomes.OfOption(refusal));
    }
}
