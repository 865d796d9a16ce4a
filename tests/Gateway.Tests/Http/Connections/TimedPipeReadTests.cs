using System.IO.Pipelines;
using Gateway.Http.Connections;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Http.Connections;

public class TimedPipeReadTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(20);

    private readonly FakeTimeProvider _time = new();
    private readonly Pipe _pipe = new(new PipeOptions(useSynchronizationContext: false));

    [Fact]
    public async Task ReadAsync_BytesAreThere_AreReturnedAtOnce()
    {
        using var timed = new TimedPipeRead(_pipe.Reader, _time, CancellationToken.None);
        await _pipe.Writer.WriteAsync("abc"u8.ToArray());
        var read = timed.ReadAsync(Limit);
        Assert.True(read.IsCompletedSuccessfully);
        Assert.Equal(3, (await read).Buffer.Length);
    }

    [Fact]
    public async Task ReadAsync_TimePasses_IsCanceledAndTheNextReaderIsNot()
    {
        using (var timed = new TimedPipeRead(_pipe.Reader, _time, CancellationToken.None))
        {
            for (var i = 0; i < 3; i++)
            {
                var read = timed.ReadAsync(Limit).AsTask();
                Assert.False(read.IsCompleted);
                _time.Advance(Limit);
                var result = await read.WaitAsync(Wait);
                Assert.True(result.IsCanceled);
                _pipe.Reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            }
        }
        await AssertNextReadIsPlainAsync();
    }

    [Fact]
    public async Task ReadAsync_ListenerStops_IsCanceledAndTheNextReaderIsNot()
    {
        using var stop = new CancellationTokenSource();
        using (var timed = new TimedPipeRead(_pipe.Reader, _time, stop.Token))
        {
            var read = timed.ReadAsync(Limit).AsTask();
            await stop.CancelAsync();
            var result = await read.WaitAsync(Wait);
            Assert.True(result.IsCanceled);
            _pipe.Reader.AdvanceTo(result.Buffer.Start);
        }
        await AssertNextReadIsPlainAsync();
    }

    [Fact]
    public async Task ReadAsync_BytesAndTimeRace_NothingIsLostAndNoCancellationIsLeft()
    {
        for (var round = 0; round < 2000; round++)
        {
            var pipe = new Pipe(new PipeOptions(useSynchronizationContext: false));
            var time = new FakeTimeProvider();
            using (var timed = new TimedPipeRead(pipe.Reader, time, CancellationToken.None))
            {
                var read = timed.ReadAsync(Limit).AsTask();
                var write = Task.Run(async () => await pipe.Writer.WriteAsync("abc"u8.ToArray()));
                var advance = Task.Run(() => time.Advance(Limit));
                var result = await read.WaitAsync(Wait);
                await Task.WhenAll(write, advance).WaitAsync(Wait);
                pipe.Reader.AdvanceTo(result.Buffer.Start);
            }
            var next = await pipe.Reader.ReadAsync().AsTask().WaitAsync(Wait);
            Assert.False(next.IsCanceled, $"round {round}");
            Assert.Equal(3, next.Buffer.Length);
        }
    }

    private async Task AssertNextReadIsPlainAsync()
    {
        await _pipe.Writer.WriteAsync("abc"u8.ToArray());
        var next = await _pipe.Reader.ReadAsync().AsTask().WaitAsync(Wait);
        Assert.False(next.IsCanceled);
        Assert.Equal(3, next.Buffer.Length);
    }
}
