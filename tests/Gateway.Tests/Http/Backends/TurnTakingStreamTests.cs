using System.Net;
using System.Net.Sockets;
using Gateway.Http.Backends;

namespace Gateway.Tests.Http.Backends;

public class TurnTakingStreamTests
{
    [Fact]
    public async Task Read_SocketNeverRunsDry_EndsItsTurns()
    {
        const int Turns = 20;
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var peer = new TcpClient();
        await peer.ConnectAsync((IPEndPoint)listener.LocalEndpoint, TestContext.Current.CancellationToken);
        await using var stream = new TurnTakingStream(await listener.AcceptSocketAsync(TestContext.Current.CancellationToken));
        var sent = Enumerable.Range(0, Turns * TurnTakingStream.ReadsPerTurn).Select(i => (byte)i).ToArray();
        await peer.GetStream().WriteAsync(sent, TestContext.Current.CancellationToken);
        peer.Client.Shutdown(SocketShutdown.Send);
        Assert.True(stream.Socket.Poll(TimeSpan.FromSeconds(20), SelectMode.SelectRead));

        var received = new List<byte>();
        var ended = new List<int>();
        var one = new byte[1];
        for (var read = 1; read <= sent.Length; read++)
        {
            var reading = stream.ReadAsync(one, TestContext.Current.CancellationToken);
            if (!reading.IsCompleted)
            {
                ended.Add(read);
            }
            Assert.Equal(1, await reading);
            received.Add(one[0]);
        }
        Assert.Equal(sent, received);
        Assert.Equal(0, await stream.ReadAsync(one, TestContext.Current.CancellationToken));
        // Nearly all: the thread pool may be faster than this thread's next look.
        Assert.All(ended, read => Assert.Equal(0, read % TurnTakingStream.ReadsPerTurn));
        Assert.NotEmpty(ended);
    }
}
