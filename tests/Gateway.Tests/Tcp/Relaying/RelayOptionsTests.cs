using Gateway.Tcp.Relaying;

namespace Gateway.Tests.Tcp.Relaying;

public sealed class RelayOptionsTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Theory]
    [InlineData(0.2)]
    [InlineData(1)]
    public void ChooseDuration_WithJitter_SpreadsEvenlyOverTheWindow(double jitter)
    {
        const int relays = 10_000;
        const int parts = 20;
        var options = new RelayOptions { MaxDuration = Hour, MaxDurationJitter = jitter, Random = new Random(4711) };
        var counts = new int[parts];
        for (var relay = 0; relay < relays; relay++)
        {
            var early = (Hour - options.ChooseDuration()!.Value) / (Hour * jitter);
            Assert.InRange(early, 0, 1);
            counts[Math.Min(parts - 1, (int)(early * parts))]++;
        }

        // Chi-square with 19 degrees of freedom: 43.8 is the value of p = 0.001.
        var expected = relays / (double)parts;
        Assert.InRange(counts.Sum(count => (count - expected) * (count - expected) / expected), 0, 43.8);
    }

    [Fact]
    public void ChooseDuration_WithoutJitter_IsMaxDuration()
    {
        Assert.Equal(Hour, new RelayOptions { MaxDuration = Hour }.ChooseDuration());
        Assert.Null(new RelayOptions { MaxDurationJitter = 0.5 }.ChooseDuration());
    }

    [Fact]
    public void LongestSilence_IsTheShorterOne()
    {
        var options = new RelayOptions { IdleTimeout = Hour, HalfClosedTimeout = TimeSpan.FromMinutes(1) };

        Assert.Equal((Hour, false), (options.LongestSilence(false), options.IsHalfClosedTimeout(false)));
        Assert.Equal((TimeSpan.FromMinutes(1), true), (options.LongestSilence(true), options.IsHalfClosedTimeout(true)));
        var none = options with { HalfClosedTimeout = null };
        Assert.Equal((Hour, false), (none.LongestSilence(true), none.IsHalfClosedTimeout(true)));
    }
}
