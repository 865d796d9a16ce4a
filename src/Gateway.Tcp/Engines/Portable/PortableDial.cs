using System.Net.Sockets;

namespace Gateway.Tcp.Engines.Portable;

/// <summary>One connect attempt over managed sockets.</summary>
internal static class PortableDial
{
    public static async ValueTask<ConnectResult> ConnectAsync(ConnectRequest request, PortableTcpEngine engine, CancellationToken limit)
    {
        if (!request.ClientOption.IsEmpty)
        {
            return new ConnectResult(null, ConnectFailure.Option, SocketError.OperationNotSupported);
        }

        Socket socket;
        try
        {
            socket = new Socket(request.Destination.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        }
        catch (SocketException error)
        {
            return new ConnectResult(null, ConnectFailures.OfSocket(error.SocketErrorCode), error.SocketErrorCode);
        }

        var result = await ConnectAsync(socket, request, engine, limit);
        if (result.Connection is null)
        {
            socket.Dispose();
        }

        return result;
    }

    private static async ValueTask<ConnectResult> ConnectAsync(
        Socket socket, ConnectRequest request, PortableTcpEngine engine, CancellationToken limit)
    {
        try
        {
            SocketSettings.Apply(socket, request.KeepAlive);
            if (request.Mark != 0 && SocketSettings.SetMark(socket, request.Mark) is { Failure: not ConnectFailure.None } refused)
            {
                return new ConnectResult(null, refused.Failure, refused.Error);
            }

            if (request.Device != 0 && SocketSettings.SetDevice(socket, request.Device) is { Failure: not ConnectFailure.None } unbound)
            {
                return new ConnectResult(null, unbound.Failure, unbound.Error);
            }

            if (request.TransparentSource is { } source)
            {
                var (failure, error) = SocketSettings.BindTransparent(socket, source);
                if (failure != ConnectFailure.None)
                {
                    return new ConnectResult(null, failure, error);
                }
            }

            engine.OwnListeners.Refuse(request.Destination, socket);
            await socket.ConnectAsync(request.Destination, limit);
            LocalPorts.RefuseSelf(socket);
            return new ConnectResult(new PortableTcpConnection(socket, engine), ConnectFailure.None, SocketError.Success);
        }
        catch (OperationCanceledException)
        {
            return new ConnectResult(null, ConnectFailure.Timeout, SocketError.TimedOut);
        }
        catch (OwnListenerException refused)
        {
            return new ConnectResult(null, ConnectFailure.Self, refused.SocketErrorCode);
        }
        catch (SocketException error)
        {
            var failure = ConnectFailures.OfConnect(error.SocketErrorCode, request.TransparentSource is not null);
            return new ConnectResult(null, failure, error.SocketErrorCode);
        }
    }
}
