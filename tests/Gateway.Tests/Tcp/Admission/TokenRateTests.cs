using Gateway.Tcp.Admission;

namespace Gateway.Tests.Tcp.Admission;

public sealed class TokenRateTests
{
    private const long Second = 1_000_000_000;

    [Theory]
    [InlineData(5, null, 5)]
    [InlineData(0.5, null, 1)]
    [InlineData(2.5, null, 3)]
    [InlineData(5, 20, 20)]
    [InlineData(1_000_000, 1, 1)]
    public void Take_AfterARest_GivesTheBurst(double perSecond, int? burst, int tokens)
    {
        Assert.Equal(tokens, Drain(new TokenRate(perSecond, burst), 0, 0).Tokens);
    }

    [Theory]
    [InlineData(5, 5)]
    [InlineData(3, 3)]
    [InlineData(7, 7)]
    public void Take_ASecondLater_GivesTheTokensOfASecond(double perSecond, int tokens)
    {
        var rate = new TokenRate(perSecond, burst: 20);

        var (_, fullAt) = Drain(rate, 0, 0);
        for (var second = 1; second <= 100; second++)
        {
            (var taken, fullAt) = Drain(rate, fullAt, second * Second);
            Assert.Equal(tokens, taken);
        }
    }

    [Fact]
    public void HasToken_OneInterval_IsTheWaitOfAnEmptyBucket()
    {
        var rate = new TokenRate(0.5, burst: null);
        var fullAt = rate.Take(0, 0);

        Assert.False(rate.HasToken(fullAt, (2 * Second) - 1));
        Assert.True(rate.HasToken(fullAt, 2 * Second));
    }

    [Fact]
    public void HasToken_AfterARaise_DoesNotWaitForTheOldRate()
    {
        var (_, fullAt) = Drain(new TokenRate(0.01, 10), 0, 0);
        var raised = new TokenRate(100, 100);

        Assert.False(raised.HasToken(fullAt, 0));
        Assert.True(raised.HasToken(raised.Take(0, 0), Second / 100));
    }

    private static (int Tokens, long FullAt) Drain(TokenRate rate, long fullAt, long now)
    {
        var tokens = 0;
        for (; rate.HasToken(fullAt, now); tokens++)
        {
            fullAt = rate.Take(fullAt, now);
        }

        return (tokens, fullAt);
    }
}
