using System.Net.Sockets;
using Gateway.Tcp.Engines;

namespace Gateway.Tcp.Tls;

/// <summary>The client's side of a handshake, with a backend.</summary>
internal static class ClientHandshake
{
    /// <summary>Shakes hands.</summary>
    /// <param name="backend">The connection.</param>
    /// <param name="tls">The cluster's TLS.</param>
    /// <param name="host">The destination's host.</param>
    /// <param name="limit">How long it may take.</param>
    /// <param name="time">The clock.</param>
    /// <returns>The backend's side of a relay, or what failed: a word.</returns>
    public static async ValueTask<(RelaySide? Side, string? Problem)> RunAsync(
        TcpConnection backend, IClientTls tls, string host, TimeSpan limit, TimeProvider time)
    {
        var beneath = new ConnectionStream(backend);
        var stream = new TlsStream(beneath);
        try
        {
            using var late = new CancellationTokenSource(limit, time);
            await stream.AuthenticateAsClientAsync(tls.OptionsFor(host), late.Token);
            return (StreamSide.Of(stream, beneath, backend), null);
        }
        catch (Exception failed) when (failed is not OutOfMemoryException)
        {
            await stream.DisposeAsync();
            return (null, failed switch
            {
                OperationCanceledException => "timeout",
                { InnerException: SocketException } or IOException => "closed",
                _ => stream.Problem?.Word ?? TlsProblem.Of(failed),
            });
        }
    }
}
