using System.Diagnostics;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Engines.Linux;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Tcp.Engines;

/// <summary>A loop that does not turn is named.</summary>
public sealed class LoopWatchTests
{
    [Fact]
    public async Task Look_LoopWaitsInACall_IsToldOnceAndNamed()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The Linux engine needs Linux.");
        await using var engine = new LinuxTcpEngine(new LinuxEngineOptions { LoopCount = 2 });
        var loops = ((ITcpEngine)engine).Loops;
        var logger = new FakeLogger();
        using var watch = new LoopWatch(loops, logger, new FakeTimeProvider());
        using var end = new ManualResetEventSlim();
        loops[1].RunLater(() => end.Wait(TestSockets.Limit));

        SpinWait.SpinUntil(
            () =>
            {
                watch.Look();
                return logger.Collector.Count > 0;
            },
            TestSockets.Limit);
        watch.Look();
        end.Set();

        var line = Assert.Single(logger.Collector.GetSnapshot());
        Assert.Contains("gateway-loop-1 has not turned for", line.Message, StringComparison.Ordinal);
        Assert.Contains("waits in a call", line.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Look_LoopTurns_NothingIsTold()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The Linux engine needs Linux.");
        await using var engine = new LinuxTcpEngine(new LinuxEngineOptions { LoopCount = 1 });
        var logger = new FakeLogger();
        using var watch = new LoopWatch(((ITcpEngine)engine).Loops, logger, new FakeTimeProvider());
        for (var began = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began) < LoopWatch.LongestRound * 1.5;)
        {
            await ((ITcpEngine)engine).Loops[0].HopAsync();
            watch.Look();
            await Task.Run(static () => { }, TestContext.Current.CancellationToken);
        }

        Assert.Empty(logger.Collector.GetSnapshot());
    }

    [Theory]
    [InlineData(0, 0, "waits in a call")]
    [InlineData(90, 0, "computes")]
    [InlineData(60, 40, "computes")]
    [InlineData(0, 90, null)]
    [InlineData(40, 40, null)]
    public void Classify_TimesOfAThread_SayWhetherItIsAFault(int ran, int waited, string? expected) =>
        Assert.Equal(
            expected,
            LoopWatch.Classify(
                TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(ran), TimeSpan.FromMilliseconds(waited)));
}
