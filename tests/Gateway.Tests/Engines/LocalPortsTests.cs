using System.Net.Sockets;
using Gateway.Tcp.Engines;

namespace Gateway.Tests.Engines;

public class LocalPortsTests
{
    [Fact]
    public async Task RefuseSelf_TheTwoEndsAreOne_IsRefused()
    {
        var itself = TestSockets.Refusing();
        using var socket = TestSockets.New();
        socket.Bind(itself);
        await socket.ConnectAsync(itself).Within();

        Assert.Equal(SocketError.ConnectionRefused, Assert.Throws<SocketException>(() => LocalPorts.RefuseSelf(socket)).SocketErrorCode);
    }

    [Fact]
    public async Task RefuseSelf_SomebodyListens_IsFine()
    {
        using var listener = TestSockets.Listen();
        using var socket = TestSockets.New();
        await socket.ConnectAsync(listener.LocalEndPoint!).Within();

        LocalPorts.RefuseSelf(socket);
    }
}
