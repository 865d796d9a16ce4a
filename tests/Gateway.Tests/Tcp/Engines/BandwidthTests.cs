using System.Diagnostics;
using System.Net.Sockets;
using Gateway.Tcp.Engines.Linux;
using Gateway.Tcp.Engines.Portable;
using Gateway.Tcp.Relaying;

namespace Gateway.Tests.Tcp.Engines;

/// <summary>How exact limits on bytes per second are, on real sockets. Alone, since they measure time.</summary>
[Collection(nameof(BandwidthTests))]
[CollectionDefinition(nameof(BandwidthTests), DisableParallelization = true)]
public sealed class BandwidthTests
{
    private const double Seconds = 3;

    /// <summary>Both directions at once: one copies, one is fast enough to be spliced.</summary>
    [Theory]
    [InlineData(true, 100_000, 1_000_000)]
    [InlineData(true, 20_000_000, 60_000_000)]
    [InlineData(false, 100_000, 1_000_000)]
    [InlineData(false, 20_000_000, 60_000_000)]
    public async Task Relay_BulkBothWays_IsWithinFivePercentOfItsLimits(bool isLinux, long toBackend, long toClient)
    {
        Assert.SkipUnless(!isLinux || OperatingSystem.IsLinux(), "The Linux engine needs Linux.");
        await using var bench = EngineBench.Start(
            isLinux ? new LinuxTcpEngine() : new PortableTcpEngine(TimeProvider.System),
            new RelayOptions { BytesPerSecondToBackend = toBackend, BytesPerSecondToClient = toClient });
        var slowest = double.MaxValue;
        for (var attempt = 0; attempt < 6 && slowest > Seconds * 1.05; attempt++)
        {
            var (client, backend) = await bench.ConnectPairAsync();
            var times = await Task.WhenAll(TransferAsync(client, backend, toBackend), TransferAsync(backend, client, toClient)).Within();
            TestContext.Current.TestOutputHelper?.WriteLine($"{times[0] / Seconds:P1}, {times[1] / Seconds:P1}");

            // Never faster. Slower may be the test's own fault, on a machine that does not let it send.
            Assert.All(times, static time => Assert.InRange(time, Seconds * 0.95, double.MaxValue));
            slowest = times.Max();
        }

        Assert.InRange(slowest, Seconds * 0.95, Seconds * 1.05);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Relay_SmallMessagesBelowTheLimit_AreNotDelayed(bool isLinux)
    {
        Assert.SkipUnless(!isLinux || OperatingSystem.IsLinux(), "The Linux engine needs Linux.");
        await using var bench = EngineBench.Start(
            isLinux ? new LinuxTcpEngine() : new PortableTcpEngine(TimeProvider.System),
            new RelayOptions { BytesPerSecondToBackend = 10_000, BytesPerSecondToClient = 10_000 });
        var (client, backend) = await bench.ConnectPairAsync();
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(40));
        var times = new List<double>();

        for (var turn = 0; turn < 40 && await pace.WaitForNextTickAsync(); turn++)
        {
            var started = Stopwatch.GetTimestamp();
            await client.WriteAsync(new byte[200]);
            await backend.WriteAsync(await backend.ReadAsync(200));
            await client.ReadAsync(200);
            times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        // A wait for the limit would be 20 ms in each direction. The slower ones may have waited for the machine.
        Assert.InRange(times.Order().ElementAt(times.Count / 4), 0, 10);
    }

    private static async Task<double> TransferAsync(Socket from, Socket to, long bytesPerSecond)
    {
        var left = (long)(bytesPerSecond * Seconds);
        var started = Stopwatch.GetTimestamp();
        var sending = SendAsync(from, left);
        var buffer = new byte[64 * 1024];
        while (left > 0)
        {
            left -= await to.ReceiveAsync(buffer);
        }

        await sending;
        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static async Task SendAsync(Socket to, long count)
    {
        var buffer = new byte[256 * 1024];
        while (count > 0)
        {
            count -= await to.SendAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, count)));
        }
    }
}
