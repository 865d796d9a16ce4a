using System.Net;
using System.Net.Sockets;
using Gateway.Linux;
using Gateway.Testing;
using Gateway.Tests.Tcp.Engines;

namespace Gateway.Tests.Linux;

public sealed class ManagedSocketOptionsTests
{
    [Fact]
    public async Task HasError_UrgentByteOrEnd_IsNoneAndAResetIsOne()
    {
        using var listening = TestSockets.Listen();
        using var client = TestSockets.New();
        await client.ConnectAsync((IPEndPoint)listening.LocalEndPoint!).Within();
        using var accepted = await listening.AcceptAsync().Within();
        using var other = TestSockets.New();
        await other.ConnectAsync((IPEndPoint)listening.LocalEndPoint!).Within();
        using var ended = await listening.AcceptAsync().Within();

        client.Send([1], SocketFlags.OutOfBand);
        other.Send([1]);
        other.Shutdown(SocketShutdown.Send);
        await Eventually.TrueAsync(() => accepted.Poll(0, SelectMode.SelectError) && ended.Available == 1, "arrived");
        Assert.Equal((false, false), (accepted.HasError(), ended.HasError()));

        client.Reset();
        await Eventually.TrueAsync(accepted.HasError, "the reset");
        // It was not read.
        Assert.True(accepted.HasError());
    }
}
