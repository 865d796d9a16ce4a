using Gateway.Tcp.Relaying;

namespace Gateway.Tests.Tcp.Relaying;

public sealed class ThrottleTests
{
    private const long Second = 1_000_000;

    [Theory]
    [InlineData(1024, 512)]
    [InlineData(100_000, 2500)]
    [InlineData(40_000_000, 1_000_000)]
    [InlineData(1_000_000_000_000, 1024 * 1024)]
    public void Portion_OfALimit_IsWhatItCarriesIn25Milliseconds(long bytesPerSecond, int portion)
    {
        Assert.Equal(portion, Throttle.Of(bytesPerSecond)!.Portion);
    }

    /// <summary>The engine comes up to 20 ms late each time, and the stream has its limit all the same.</summary>
    [Theory]
    [InlineData(10_000)]
    [InlineData(1_000_000)]
    [InlineData(50_000_000)]
    public void MayRead_Bulk_IsTheLimitAnd65MillisecondsAtMost(long bytesPerSecond)
    {
        var throttle = Throttle.Of(bytesPerSecond)!;
        var random = new Random(7);
        var (now, bytes) = (0L, 0L);
        while (now < 10 * Second)
        {
            while (throttle.MayRead(now))
            {
                throttle.Read(throttle.Portion);
                bytes += throttle.Portion;
            }

            now = throttle.ResumeAt + random.Next(20_000);
        }

        Assert.InRange(bytes, bytesPerSecond * 10 * 0.995, (bytesPerSecond * (now + 40_000) / Second) + throttle.Portion);
    }

    [Fact]
    public void MayRead_BelowTheLimit_IsNeverDelayed()
    {
        var throttle = Throttle.Of(10_000)!;
        for (var now = 0L; now < Second; now += Second / 20)
        {
            Assert.True(throttle.MayRead(now));
            throttle.Read(490);
            throttle.Idle();
            Assert.Equal(Throttle.Never, throttle.ResumeAt);
        }
    }

    [Fact]
    public void MayRead_AfterSilence_HasTheCreditOfAMoment()
    {
        var throttle = Throttle.Of(100_000)!;
        throttle.Read(2500);
        throttle.Idle();

        var bytes = 0;
        for (; throttle.MayRead(60 * Second); bytes += 2500)
        {
            throttle.Read(2500);
        }

        // 40 ms of silence and a portion.
        Assert.Equal(2 * 2500, bytes);
        Assert.Equal((60 * Second) + 10_000, throttle.ResumeAt);
    }

    [Fact]
    public void MayRead_AfterALongPause_IsNoBurst()
    {
        var throttle = Throttle.Of(10_000)!;
        for (var now = 0L; throttle.MayRead(now);)
        {
            throttle.Read(512);
        }

        var bytes = 0;
        for (; throttle.MayRead(60 * Second); bytes += 512)
        {
            throttle.Read(512);
        }

        Assert.InRange(bytes, 5000, 5632);
    }
}
