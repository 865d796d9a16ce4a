using System.Net;
using Gateway.Tcp.Engines;

namespace Gateway.Tests.Tcp.Engines;

public class LocalPortsTests
{
    [Fact]
    public async Task IsSelf_TheTwoEndsAreOne_IsTrue()
    {
        using var socket = TestSockets.New();
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await socket.ConnectAsync(socket.LocalEndPoint!).Within();

        Assert.True(LocalPorts.IsSelf(socket));
    }

    [Fact]
    public async Task IsSelf_SomebodyListens_IsFalse()
    {
        using var listener = TestSockets.Listen();
        using var socket = TestSockets.New();
        await socket.ConnectAsync(listener.LocalEndPoint!).Within();

        Assert.False(LocalPorts.IsSelf(socket));
    }
}
