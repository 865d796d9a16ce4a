using Gateway.Tcp.Telemetry;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Tcp.Telemetry;

public sealed class EventTallyTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Count_ManyOfOneCause_TellsTheFirstAndThenOneInEachInterval()
    {
        var tally = new EventTally<string>(Interval, _time);
        Assert.True(tally.Count("a", out var count));
        Assert.Equal(1, count);
        for (var i = 0; i < 5; i++)
        {
            Assert.False(tally.Count("a", out _));
        }

        _time.Advance(Interval);

        Assert.True(tally.Count("a", out count));
        Assert.Equal(6, count);
        Assert.False(tally.Count("a", out _));
    }

    [Fact]
    public void Count_AnotherCause_IsToldAtOnce()
    {
        var tally = new EventTally<string>(Interval, _time);
        tally.Count("a", out _);

        Assert.True(tally.Count("b", out var count));
        Assert.Equal(1, count);
    }

    [Fact]
    public async Task Count_FromManyThreads_TellsOneAndLosesNone()
    {
        var tally = new EventTally<string>(Interval, _time);
        var told = 0L;
        await Parallel.ForEachAsync(Enumerable.Range(0, 10_000), (_, _) =>
        {
            if (tally.Count("a", out var count))
            {
                Interlocked.Add(ref told, count);
            }

            return ValueTask.CompletedTask;
        });
        _time.Advance(Interval);
        tally.Count("a", out var rest);

        Assert.Equal(10_001, told + rest);
    }
}
