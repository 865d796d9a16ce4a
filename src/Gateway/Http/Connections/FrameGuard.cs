using System.IO.Pipelines;
using Gateway.Http.Connections.Frames;
using Gateway.Tcp.Telemetry;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Http.Connections;

/// <summary>
/// Ends HTTP/2 connections on which most frames carry nothing. The guard runs between the gateway's own connection middleware and Kestrel's
/// HTTP/2.
/// </summary>
internal sealed class FrameGuard(
    ConnectionDelegate next, TimeProvider time, FrameMetrics metrics)
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

    private void End(ConnectionContext context)
    {
        if (context.Features.Get<HttpConnection>() is { } connection)
        {
            metrics.Flooded(connection.ListenerName);
            connection.Fail(CloseReason.FrameFlood);
        }
    }

    private sealed record Pipes(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
