using Gateway.Http.GatewayApi;

namespace Gateway.Tests.Http.GatewayApi;

/// <summary>The shares of backends.</summary>
public sealed class WeightedBackendsTests
{
    [Fact]
    public void Next_OfAShortRun_GivesEachItsShare()
    {
        var backends = WeightedBackends.Parse(WeightedBackends.Write([("a", 6), (null, 3), ("b", 1), ("never", 0)]));

        var counts = Enumerable.Range(0, 100).CountBy(_ => backends.Next() ?? "nobody").ToDictionary(StringComparer.Ordinal);

        Assert.Equal(["a", "b", "nobody"], counts.Keys.Order());
        Assert.InRange(counts["a"], 59, 61);
        Assert.InRange(counts["nobody"], 29, 31);
        Assert.InRange(counts["b"], 9, 11);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a=0")]
    [InlineData("=1")]
    [InlineData("a")]
    [InlineData("a=x,b=-1,c=99999999999")]
    public void Next_WithoutABackend_IsNobody(string text) => Assert.Null(WeightedBackends.Parse(text).Next());

    [Fact]
    public void Next_LargeWeights_DoNotOverflow()
    {
        var backends = WeightedBackends.Parse(string.Join(',', Enumerable.Range(0, 16).Select(static i => $"{i}=2147483647")));

        Assert.Equal(16, Enumerable.Range(0, 64).Select(_ => backends.Next()).Distinct().Count());
    }
}
