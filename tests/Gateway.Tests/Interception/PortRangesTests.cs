using Gateway.Interception;
using Gateway.Tcp.Configuration;

namespace Gateway.Tests.Interception;

public sealed class PortRangesTests
{
    [Theory]
    [InlineData("8080", "", "8080")]
    [InlineData("9000-9100 8080 9050-9200 9201", "", "8080 9000-9201")]
    [InlineData("1-32767", "22 15006 9900", "1-21 23-9899 9901-15005 15007-32767")]
    [InlineData("10-20", "1-10 20-30", "11-19")]
    [InlineData("10-20", "1-65535", "")]
    [InlineData("10-20", "12-14 13-16", "10-11 17-20")]
    public void Subtract_Ranges_LeavesSortedOnes(string ports, string without, string left) =>
        Assert.Equal(left, string.Join(' ', PortRanges.Subtract(Read(ports), Read(without))));

    [Theory]
    [InlineData("0")]
    [InlineData("65536")]
    [InlineData("080")]
    [InlineData("+80")]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("20-10")]
    [InlineData("1-2-3")]
    [InlineData("-5")]
    [InlineData("5-")]
    public void TryParse_NoRange_IsRefused(string? text) => Assert.False(PortRange.TryParse(text, out _));

    private static IEnumerable<PortRange> Read(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(part =>
    {
        Assert.True(PortRange.TryParse(part, out var range));
        return range;
    });
}
