using System.Net.Sockets;
using System.Security.Authentication;
using System.Threading.Channels;
using Gateway.Testing.Network;

namespace Gateway.Tests.Tcp.Pipeline;

/// <summary>Backends that answer each connection in the same way.</summary>
internal static class Peers
{
    /// <summary>Serves until the server is disposed of. A connection that the plane ends meanwhile is no fault.</summary>
    public static async Task ServeAsync(RecordingTcpServer server, Func<TcpPeer, Task> serve)
    {
        while (true)
        {
            TcpPeer backend;
            try
            {
                backend = await server.NextAsync();
            }
            catch (ChannelClosedException)
            {
                return;
            }

            using (backend)
            {
                try
                {
                    await serve(backend);
                }
                catch (Exception ended) when (ended is IOException or SocketException or AuthenticationException)
                {
                    continue;
                }
            }
        }
    }
}
