using Gateway.Linux;
using Gateway.Tests.Tcp.Engines;

namespace Gateway.Tests.Linux;

public sealed class KeepAliveProbesTests
{
    [Theory]
    [InlineData("00:00:00.2", 1)]
    [InlineData("00:00:01", 1)]
    [InlineData("00:00:01.5", 2)]
    [InlineData("00:03:59.5", 240)]
    [InlineData("10:00:00", 32767)]
    public void Seconds_PartsOfASecond_AreRoundedUpWithinWhatTheKernelTakes(string time, int seconds) =>
        Assert.Equal(seconds, KeepAliveProbes.Seconds(TimeSpan.Parse(time, System.Globalization.CultureInfo.InvariantCulture)));

    [Fact]
    public void Start_ManagedSocketAndDescriptor_AreSetAlike()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("Linux's numbers.");
        }

        using var managed = TestSockets.New();
        using var raw = TestSockets.New();
        var (time, interval) = (TimeSpan.FromMilliseconds(61_500), TimeSpan.FromMilliseconds(9500));

        KeepAliveProbes.Start(managed, time, interval, 4);
        KeepAliveProbes.Start((int)raw.Handle, time, interval, 4);

        foreach (var socket in new[] { managed, raw })
        {
            Assert.Equal((1, 62), (socket.Get(SocketOption.KeepAlive), socket.Get(SocketOption.KeepIdle)));
            Assert.Equal((10, 4), (socket.Get(SocketOption.KeepInterval), socket.Get(SocketOption.KeepCount)));
        }
    }
}
