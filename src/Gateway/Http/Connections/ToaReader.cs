using System.Net.Sockets;
using Gateway.ProxyProtocol;
using Gateway.Tcp;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Identification.Toa;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Gateway.Http.Connections;

/// <summary>
/// Looks for the client of an HTTP connection in the TCP options of a trusted peer, as the TCP pipeline does: SYN and ACK were there before accept, only the first data has to be
/// waited for. Nothing is consumed.
/// </summary>
internal sealed class ToaReader(ToaPolicy policy, TcpDataPlane plane, TimeProvider time)
{
    /// <summary>Decides who the client is.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="identity">What is known of it: its peer.</param>
    /// <param name="stop">Signalled when the listener stops.</param>
    public async ValueTask<ToaResult> ReadAsync(ConnectionContext connection, ConnectionIdentity identity, CancellationToken stop)
    {
        if (connection.Features.Get<IConnectionSocketFeature>()?.Socket is not { } socket)
        {
            return Absent(identity);
        }

        var inSyn = plane.FindClient(socket, policy, OptionCarriers.Syn);
        var inAck = plane.FindClient(socket, policy, OptionCarriers.Ack);
        if (inSyn is not null && inAck is not null && inSyn != inAck)
        {
            return new ToaResult(null, "conflict", IdentificationRefusal.ToaConflict);
        }

        if ((inSyn ?? inAck) is { } early)
        {
            return Believe(identity, early);
        }

        // In HTTP the client speaks first: waiting for it holds nobody up.
        return policy.WaitsForData(canSeeData: true) ? await WaitForDataAsync(connection, socket, identity, stop) : Absent(identity);
    }

    private async ValueTask<ToaResult> WaitForDataAsync(ConnectionContext connection, Socket socket, ConnectionIdentity identity, CancellationToken stop)
    {
        var input = connection.Transport.Input;
        try
        {
            using var timed = new TimedPipeRead(input, time, stop);
            var read = await timed.ReadAsync(policy.Wait);
            var isSilent = read.Buffer.IsEmpty;
            input.AdvanceTo(read.Buffer.Start);
            if (isSilent && read.IsCompleted)
            {
                return new ToaResult(null, "health_check", IdentificationRefusal.None);
            }

            if (isSilent && stop.IsCancellationRequested)
            {
                return new ToaResult(null, "draining", IdentificationRefusal.None);
            }
        }
        catch (Exception ended) when (ended is ConnectionResetException or ConnectionAbortedException or IOException)
        {
            return new ToaResult(null, "health_check", IdentificationRefusal.None);
        }

        return plane.FindClient(socket, policy, OptionCarriers.Data) is { } client ? Believe(identity, client) : Absent(identity);
    }

    private static ToaResult Believe(ConnectionIdentity identity, ProxyEndPoint client) => client.CanBeSource
        ? new ToaResult(identity with { Client = client.Unmap().ToIPEndPoint(), Source = IdentitySource.Toa }, "client", IdentificationRefusal.None)
        : new ToaResult(null, "invalid", IdentificationRefusal.SourceInvalid);

    private ToaResult Absent(ConnectionIdentity identity) => policy.RejectsMissing
        ? new ToaResult(null, "absent_rejected", IdentificationRefusal.ToaMissing)
        : new ToaResult(identity, "absent_allowed", IdentificationRefusal.None);
}

/// <summary>What came of it.</summary>
/// <param name="Identity">The connection's identity; null: it ends here.</param>
/// <param name="Result">As the metric gateway.toa.received says it; health_check and draining are no results of options.</param>
/// <param name="Refusal">Why it is refused.</param>
internal readonly record struct ToaResult(ConnectionIdentity? Identity, string Result, IdentificationRefusal Refusal);
