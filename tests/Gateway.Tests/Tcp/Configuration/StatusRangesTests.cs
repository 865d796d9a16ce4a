using Gateway.Tcp.Configuration;

namespace Gateway.Tests.Tcp.Configuration;

public sealed class StatusRangesTests
{
    [Theory]
    [InlineData("204", true)]
    [InlineData("200-399", true)]
    [InlineData("100-599", true)]
    [InlineData("99", false)]
    [InlineData("600", false)]
    [InlineData("399-200", false)]
    [InlineData("200-", false)]
    [InlineData("-200", false)]
    [InlineData("2xx", false)]
    [InlineData("200-300-400", false)]
    [InlineData("", false)]
    public void IsRange_Text_IsOneOrNot(string text, bool expected) => Assert.Equal(expected, StatusRanges.IsRange(text));

    [Fact]
    public void Contains_FirstAndLastIncluded()
    {
        var ranges = StatusRanges.Of(["200-299", "404"]);

        Assert.Equal([false, true, true, false, true], new[] { 199, 200, 299, 300, 404 }.Select(ranges.Contains));
        Assert.Equal(ranges, StatusRanges.Of(["200-299", "404"]));
        Assert.NotEqual(ranges, StatusRanges.Of(["200-299"]));
    }
}
