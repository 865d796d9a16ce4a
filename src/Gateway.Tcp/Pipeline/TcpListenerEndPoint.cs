using System.Net;

namespace Gateway.Tcp.Pipeline;

/// <summary>A bound listener in the form of an endpoint. Only our own connection listener factory accepts this type.</summary>
internal sealed class TcpListenerEndPoint(BoundTcpListener listener) : EndPoint
{
    public BoundTcpListener Listener => listener;

    public override string ToString() => $"tcp://{listener.LocalEndPoint}";
}
