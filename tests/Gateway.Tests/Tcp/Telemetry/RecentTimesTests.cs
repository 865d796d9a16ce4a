using Gateway.Tcp.Telemetry;

namespace Gateway.Tests.Tcp.Telemetry;

public sealed class RecentTimesTests
{
    private long _now = 1_000_000;

    [Fact]
    public void Read_NothingCounted_IsNothing() => Assert.Equal(default, Times().Read());

    [Fact]
    public void Read_OneSlowOfAHundred_HasMedianAndP99WithinAQuarter()
    {
        var times = Times();
        for (var i = 0; i < 98; i++)
        {
            times.Count(TimeSpan.FromMilliseconds(3));
        }

        times.Count(TimeSpan.FromSeconds(2), isFault: true);
        times.Count(TimeSpan.FromSeconds(2));

        var read = times.Read();
        Assert.Equal((100, 1), (read.Count, read.Faults));
        Assert.InRange(read.Median.TotalMilliseconds, 3 * 0.75, 3 * 1.25);
        Assert.InRange(read.P99.TotalMilliseconds, 2000 * 0.75, 2000 * 1.25);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(999)]
    [InlineData(1_000)]
    [InlineData(1_500_000)]
    [InlineData(3_599_999_999)]
    public void Read_AnyTime_IsWithinAQuarter(long microseconds)
    {
        var times = Times();

        times.Count(TimeSpan.FromMicroseconds(microseconds));

        Assert.InRange(times.Read().Median.TotalMicroseconds, microseconds * 0.74, microseconds * 1.26);
    }

    [Fact]
    public void Count_TimesThatCannotBe_AreCountedAtTheEnds()
    {
        var times = Times();

        times.Count(TimeSpan.MinValue);
        times.Count(TimeSpan.Zero);
        times.Count(TimeSpan.MaxValue);

        Assert.Equal(3, times.Read().Count);
    }

    [Fact]
    public void Read_AsTimePasses_ForgetsWhatIsOlderThanAMinute()
    {
        var times = Times();
        times.Count(TimeSpan.FromMilliseconds(1));
        _now += 50_000;
        times.Count(TimeSpan.FromMilliseconds(1), isFault: true);
        Assert.Equal(2, times.Read().Count);

        _now += 20_000;
        Assert.Equal((1, 1), (times.Read().Count, times.Read().Faults));
        _now += 3_600_000;
        Assert.Equal(0, times.Read().Count);

        // The same part again, an hour later.
        times.Count(TimeSpan.FromMilliseconds(1));
        Assert.Equal((1, 0), (times.Read().Count, times.Read().Faults));
    }

    [Fact]
    public void Count_FromSeveralThreads_LosesNothingWithinAPart()
    {
        var times = Times();
        times.Count(TimeSpan.FromMilliseconds(1));

        Parallel.For(0, 4, _ =>
        {
            for (var i = 0; i < 10_000; i++)
            {
                times.Count(TimeSpan.FromMilliseconds(1), isFault: true);
            }
        });

        Assert.Equal((40_001, 40_000), (times.Read().Count, times.Read().Faults));
    }

    [Fact]
    public void Count_OnceItsPartIsThere_AllocatesNothing()
    {
        var times = Times();
        times.Count(TimeSpan.FromMilliseconds(1));
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var i = 0; i < 1000; i++)
        {
            times.Count(TimeSpan.FromMilliseconds(1), isFault: true);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private RecentTimes Times() => new(() => _now);
}
