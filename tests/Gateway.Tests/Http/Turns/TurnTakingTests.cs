using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Gateway.Http.Turns;

namespace Gateway.Tests.Http.Turns;

public class TurnTakingTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Reader_AtTheEndOfATurn_GoesOnOnTheThreadPool()
    {
        var pipe = new Pipe(new PipeOptions(readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, useSynchronizationContext: false));
        var reader = new TurnTakingReader(pipe.Reader);
        for (var read = 1; read <= 2 * Turn.Reads; read++)
        {
            var continuedOn = ReadAsync(reader, (byte)read);
            var writer = WriteOnAThreadOfItsOwn(pipe.Writer, (byte)read);
            var reading = await continuedOn.WaitAsync(Limit, TestContext.Current.CancellationToken);
            if (read % Turn.Reads == 0)
            {
                Assert.NotEqual(writer, reading);
            }
            else
            {
                Assert.Equal(writer, reading);
            }
        }
    }

    [Fact]
    public async Task Reader_PassesOnEverythingElse()
    {
        var pipe = new Pipe();
        var reader = new TurnTakingPipe(new Duplex(pipe.Reader, pipe.Writer)).Input;
        Assert.False(reader.TryRead(out _));
        await pipe.Writer.WriteAsync(new byte[] { 1, 2, 3 }, TestContext.Current.CancellationToken);
        Assert.True(reader.TryRead(out var read));
        reader.AdvanceTo(read.Buffer.GetPosition(1), read.Buffer.End);

        reader.CancelPendingRead();
        read = await reader.ReadAsync(TestContext.Current.CancellationToken);
        Assert.True(read.IsCanceled);
        Assert.Equal(2, read.Buffer.Length);
        reader.AdvanceTo(read.Buffer.End);

        await reader.CompleteAsync();
        Assert.True((await pipe.Writer.FlushAsync(TestContext.Current.CancellationToken)).IsCompleted);
    }

    [Fact]
    public async Task Stream_WhoseSocketNeverRunsDry_EndsItsTurns()
    {
        const int Turns = 20;
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var peer = new TcpClient();
        await peer.ConnectAsync((IPEndPoint)listener.LocalEndpoint, TestContext.Current.CancellationToken);
        await using var stream = new TurnTakingStream(await listener.AcceptSocketAsync(TestContext.Current.CancellationToken));
        var sent = Enumerable.Range(0, Turns * Turn.Reads).Select(i => (byte)i).ToArray();
        await peer.GetStream().WriteAsync(sent, TestContext.Current.CancellationToken);
        peer.Client.Shutdown(SocketShutdown.Send);
        Assert.True(stream.Socket.Poll(Limit, SelectMode.SelectRead));

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
        Assert.All(ended, read => Assert.Equal(0, read % Turn.Reads));
        Assert.NotEmpty(ended);
    }

    private static async Task<int> ReadAsync(TurnTakingReader reader, byte expected)
    {
        var read = await reader.ReadAsync(TestContext.Current.CancellationToken).ConfigureAwait(false);
        Assert.Equal(expected, read.Buffer.FirstSpan[0]);
        reader.AdvanceTo(read.Buffer.End);
        return Environment.CurrentManagedThreadId;
    }

    private static int WriteOnAThreadOfItsOwn(PipeWriter writer, byte value)
    {
        var thread = new Thread(() =>
        {
            writer.GetSpan(1)[0] = value;
            writer.Advance(1);
            writer.FlushAsync().AsTask().Wait(Limit);
        });
        thread.Start();
        thread.Join();
        return thread.ManagedThreadId;
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
