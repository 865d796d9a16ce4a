using System.Net.Sockets;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Relaying;

namespace Gateway.Tcp.Tls;

/// <summary>The handshake with a backend, in which the gateway is the TLS client.</summary>
internal static class ClientHandshake
{
    /// <summary>Does the handshake.</summary>
    /// <param name="backend">The connection.</param>
    /// <param name="tls">The TLS settings of the cluster.</param>
    /// <param name="host">The destination's host.</param>
    /// <param name="limit">The longest handshake.</param>
    /// <param name="time">The clock.</param>
    /// <returns>The backend's side of a relay, or one word that says what failed.</returns>
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
            return (null, ProblemOf(failed, stream));
        }
    }

    /// <summary>The failure of a handshake as one word for logs.</summary>
    /// <param name="failed">What the handshake threw.</param>
    /// <param name="stream">The stream of the handshake.</param>
    public static string ProblemOf(Exception failed, TlsStream stream) => failed switch
    {
        OperationCanceledException => "timeout",
        { InnerException: SocketException } or IOException => "closed",
        _ => stream.Problem?.Word ?? TlsProblem.Of(failed),
    };
}
