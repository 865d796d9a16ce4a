using System.Net.Sockets;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Relaying;
using Gateway.Tests.Tcp.Dialing;
using Gateway.Tests.Tcp.Engines;

namespace Gateway.Tests.Tcp.Relaying;

public sealed class StreamSideTests
{
    [Fact]
    public async Task ShutdownSend_WhileTheLayerWorksOnWhatItRead_WaitsForIt()
    {
        var gate = new ReaderGate();
        var layer = new WorkingLayer(gate);
        var ended = new TaskCompletionSource();
        var side = new StreamSide(
            layer,
            new ScriptedConnection(static _ => ConnectFailure.None),
            () =>
            {
                Assert.False(layer.IsWorking);
                ended.SetResult();
                return Task.CompletedTask;
            },
            gate);

        var reading = side.AwaitBytesAsync().AsTask();
        await layer.Waiting.Task.Within();
        layer.Bytes.SetResult();
        await layer.Working.Task.Within();
        var ending = side.ShutdownSendAsync().AsTask();
        Assert.False(ended.Task.IsCompleted);
        layer.Worked.SetResult();

        Assert.Equal(SocketError.Success, await reading.Within());
        await ended.Task.Within();
        await ending.Within();
    }

    [Fact]
    public async Task ShutdownSend_WhileTheLayerWaitsForBytes_DoesNotWait()
    {
        var gate = new ReaderGate();
        var layer = new WorkingLayer(gate);
        var ended = new TaskCompletionSource();
        var side = new StreamSide(
            layer,
            new ScriptedConnection(static _ => ConnectFailure.None),
            () =>
            {
                ended.SetResult();
                return Task.CompletedTask;
            },
            gate);

        var reading = side.AwaitBytesAsync().AsTask();
        await layer.Waiting.Task.Within();
        await side.ShutdownSendAsync().AsTask().Within();
        await ended.Task.Within();
        layer.Bytes.SetResult();
        layer.Worked.SetResult();
        Assert.Equal(SocketError.Success, await reading.Within());
    }

    /// <summary>Waits for bytes with the gate open, as <see cref="ConnectionStream"/> does, and then works on them.</summary>
    private sealed class WorkingLayer(ReaderGate gate) : MemoryStream
    {
        public TaskCompletionSource Waiting { get; } = new();

        public TaskCompletionSource Bytes { get; } = new();

        public TaskCompletionSource Working { get; } = new();

        public TaskCompletionSource Worked { get; } = new();

        public bool IsWorking { get; private set; }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            gate.Open();
            Waiting.SetResult();
            await Bytes.Task;
            await gate.CloseAsync();
            IsWorking = true;
            Working.SetResult();
            await Worked.Task;
            IsWorking = false;
            return 0;
        }
    }
}
