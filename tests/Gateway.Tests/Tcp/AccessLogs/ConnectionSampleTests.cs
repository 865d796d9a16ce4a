using Gateway.Tcp.AccessLogs;

namespace Gateway.Tests.Tcp.AccessLogs;

public sealed class ConnectionSampleTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.01, 100)]
    [InlineData(0.1, 1000)]
    [InlineData(0.5, 5000)]
    [InlineData(1, 10_000)]
    public void Has_TenThousandNumbers_IsTheShareOfThem(double share, int expected)
    {
        var chosen = Enumerable.Range(1, 10_000).Count(number => ConnectionSample.Has(number, share));

        Assert.InRange(chosen, expected - 3, expected + 3);
    }

    [Fact]
    public void Has_LargerShare_HasAllOfASmallerOne() =>
        Assert.All(
            Enumerable.Range(1, 10_000).Where(static number => ConnectionSample.Has(number, 0.02)),
            static number => Assert.True(ConnectionSample.Has(number, 0.3)));
}
