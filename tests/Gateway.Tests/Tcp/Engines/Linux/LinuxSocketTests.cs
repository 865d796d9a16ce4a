using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Gateway.Linux;
using Gateway.Tcp.Engines.Linux;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tests.Tcp.Engines.Linux;

public sealed class LinuxSocketTests
{
    [Fact]
    public async Task IgnoreMore_BytesWait_FurtherBytesWakeNobodyUntilAllIsRead()
    {
        await using var bed = await Bed.StartAsync();
        await bed.SendAsync("a");
        Assert.Equal(1, await bed.Events.NextAsync());

        await bed.OnLoopAsync(static socket => socket.IgnoreMore());
        await bed.SendAsync("b");
        await bed.SendAsync("c");
        Assert.Equal((3, 1), (await bed.ReceiveAsync(64), bed.Events.Count));

        // The short read has emptied the socket: events count again.
        await bed.SendAsync("d");
        Assert.Equal(2, await bed.Events.NextAsync());
    }

    [Fact]
    public async Task IgnoreMore_BytesCameMeanwhileAndTheFlagIsCleared_AnEventTellsOfThem()
    {
        await using var bed = await Bed.StartAsync();
        await bed.SendAsync("a");
        Assert.Equal(1, await bed.Events.NextAsync());
        await bed.OnLoopAsync(static socket => socket.IgnoreMore());
        await bed.SendAsync("b");

        await bed.OnLoopAsync(static socket => socket.ClearReadable());

        Assert.Equal(2, await bed.Events.NextAsync());
        Assert.Equal(2, await bed.ReceiveAsync(64));
    }

    [Fact]
    public async Task IgnoreMore_FinComes_IsReportedAtOnce()
    {
        await using var bed = await Bed.StartAsync();
        await bed.SendAsync("a");
        Assert.Equal(1, await bed.Events.NextAsync());
        await bed.OnLoopAsync(static socket => socket.IgnoreMore());

        bed.Peer.Shutdown(SocketShutdown.Send);

        Assert.Equal(2, await bed.Events.NextAsync());
    }

    [Fact]
    public async Task IgnoreMore_UrgentByteComes_StaysInTheStream()
    {
        await using var bed = await Bed.StartAsync();
        await bed.SendAsync("a");
        Assert.Equal(1, await bed.Events.NextAsync());
        await bed.OnLoopAsync(static socket => socket.IgnoreMore());
        bed.Peer.Send("!"u8, SocketFlags.OutOfBand);
        await bed.SendAsync("b");

        var read = 0;
        while (read < 3)
        {
            read += await bed.ReceiveAsync(64);
        }

        Assert.Equal("a!b", bed.Received);
    }

    [Fact]
    public async Task IgnoreMore_SendQueueFills_RoomIsReported()
    {
        await using var bed = await Bed.StartAsync();
        await bed.SendAsync("a");
        Assert.Equal(1, await bed.Events.NextAsync());
        await bed.OnLoopAsync(static socket => socket.IgnoreMore());
        var block = new byte[1 << 20];
        var sent = 0L;
        await bed.OnLoopAsync(socket =>
        {
            for (var count = 1; count > 0 && socket.IsWritable; sent += Math.Max(0, count))
            {
                count = socket.Send(block);
            }
        });

        for (var buffer = new byte[1 << 20]; sent > 0;)
        {
            sent -= await bed.Peer.ReceiveAsync(buffer).Within();
        }

        Assert.Equal(2, await bed.Events.NextAsync());
        Assert.True(await bed.IsWritableAsync());
    }

    /// <summary>A loop with one socket, and the other end.</summary>
    private sealed class Bed : IAsyncDisposable
    {
        private readonly EventLoop _loop;
        private readonly LinuxSocket _socket;

        private Bed(EventLoop loop, LinuxSocket socket, Socket peer) => (_loop, _socket, Peer) = (loop, socket, peer);

        public Socket Peer { get; }

        public Owner Events { get; } = new();

        public string Received { get; private set; } = "";

        public static async Task<Bed> StartAsync()
        {
            using var listener = TestSockets.Listen();
            var fd = Syscalls.Socket(SockAddr.InterNetwork);
            _ = Syscalls.Connect(fd, SockAddr.From((IPEndPoint)listener.LocalEndPoint!));
            var loop = new EventLoop(0, new LinuxEngineOptions { LoopCount = 1 });
            var bed = new Bed(loop, new LinuxSocket(loop, fd, isConnected: true), await listener.AcceptAsync().Within());
            bed.Peer.NoDelay = true;
            await bed.OnLoopAsync(socket => Assert.True(socket.TryRegister()));

            // The registration reports that there is room to send.
            await bed.OnLoopAsync(static _ => { });
            await bed.OnLoopAsync(socket => socket.Owner = bed.Events);
            return bed;
        }

        /// <summary>Sends, and waits until the bytes are in the socket's receive queue and the loop has turned.</summary>
        public async Task SendAsync(string text)
        {
            await Peer.WriteAsync(System.Text.Encoding.ASCII.GetBytes(text));
            await OnLoopAsync(static _ => { });
        }

        public async Task<int> ReceiveAsync(int most)
        {
            var count = 0;
            await OnLoopAsync(socket =>
            {
                var buffer = new byte[most];
                count = Math.Max(0, socket.Receive(buffer));
                Received += System.Text.Encoding.ASCII.GetString(buffer, 0, count);
            });
            return count;
        }

        public async Task<bool> IsWritableAsync()
        {
            var isWritable = false;
            await OnLoopAsync(socket => isWritable = socket.IsWritable);
            return isWritable;
        }

        public async Task OnLoopAsync(Action<LinuxSocket> action)
        {
            var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _loop.Post(new LoopCall(() =>
            {
                action(_socket);
                done.SetResult();
            }));
            await done.Task.Within();
        }

        public async ValueTask DisposeAsync()
        {
            await _loop.StopAsync().Within();
            Peer.Dispose();
        }
    }

    /// <summary>Counts the socket's events.</summary>
    private sealed class Owner : ISocketOwner
    {
        private readonly Channel<int> _came = Channel.CreateUnbounded<int>();
        private int _count;

        public int Count => Volatile.Read(ref _count);

        /// <summary>Waits for one more event; returns how many there were.</summary>
        public async Task<int> NextAsync()
        {
            await _came.Reader.ReadAsync().Within();
            return Count;
        }

        public void OnReady(LinuxSocket socket)
        {
            _came.Writer.TryWrite(Interlocked.Increment(ref _count));
        }

        public void OnTimer(LinuxSocket socket)
        {
        }

        public void OnAborted(LinuxSocket socket, CloseReason reason)
        {
        }
    }
}
