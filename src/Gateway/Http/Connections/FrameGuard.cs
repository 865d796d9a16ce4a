using System.IO.Pipelines;
using Gateway.Http.Connections.Frames;
using Gateway.Http.Listeners;
using Gateway.Http.Requests;
using Gateway.Tcp.Identification;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Http.Connections;

/// <summary>
/// Ends HTTP/2 connections that send little else than frames that carry nothing. Stands between the gateway's own connection middleware and
/// Kestrel's HTTP/2.
/// </summary>
internal sealed class FrameGuard(
    ConnectionDelegate next, HttpListenerState listener, TimeProvider time, FrameMetrics metrics, HttpAccessLog log)
{
    /// <summary>Serves a connection.</summary>
    public async Task OnConnectionAsync(ConnectionContext connection)
    {
        var budget = new FrameBudget(time);
        var transport = connection.Transport;
        connection.Transport = new Pipes(
            new FrameReader(transport.Input, budget, () => End(connection)), new SentWriter(transport.Output, budget));
        try
        {
            await next(connection);
        }
        finally
        {
            connection.Transport = transport;
        }
    }

    private void End(ConnectionContext connection)
    {
        var name = listener.Current.Name;
        metrics.Flooded(name);
        if (connection.Features.Get<ConnectionIdentity>() is { } identity)
        {
            log.WriteFlood(identity.Peer, name);
        }

        connection.Abort(new ConnectionAbortedException("Too many HTTP/2 frames that carry nothing."));
    }

    private sealed record Pipes(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
