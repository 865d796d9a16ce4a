using System.Net;

namespace Gateway.Tcp.Pipeline;

/// <summary>A bound listener, dressed as an endpoint: only our own connection listener factory takes it.</summary>
internal sealed class TcpListenerEndPoint(BoundTcpListener listener) : EndPoint
{
    public BoundTcpListener Listener => listener;

    public override string ToString() => $"tcp://{listener.LocalEndPoint}";
}
