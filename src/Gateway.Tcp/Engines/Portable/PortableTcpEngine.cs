using System.Net;
using System.Net.Sockets;

namespace Gateway.Tcp.Engines.Portable;

/// <summary>The engine over managed sockets: every system that .NET runs on.</summary>
internal sealed class PortableTcpEngine(TimeProvider time) : ITcpEngine
{
    public string Name => "Portable";

    public ITcpEngineListener Bind(IPEndPoint endPoint, TcpListenOptions options)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (endPoint.AddressFamily == AddressFamily.InterNetworkV6)
            {
                socket.DualMode = options.DualMode;
            }

            socket.Bind(endPoint);
            socket.Listen(options.Backlog);
            return new PortableListener(socket, options, time);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Nothing is shared between its connections.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
