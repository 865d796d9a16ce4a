using System.Net;
using System.Net.Sockets;
using Gateway.Configuration;

namespace Gateway.Tests.Configuration;

public class ListenAddressTests
{
    [Theory]
    [InlineData("0.0.0.0:8080", "0.0.0.0:8080")]
    [InlineData("127.0.0.1:0", "127.0.0.1:0")]
    [InlineData("[::1]:80", "[::1]:80")]
    [InlineData("[::]:65535", "[::]:65535")]
    public void TryParse_OneFamily_IsNotDualMode(string text, string endPoint)
    {
        Assert.True(ListenAddress.TryParse(text, out var address));
        Assert.Equal(IPEndPoint.Parse(endPoint), address.EndPoint);
        Assert.False(address.DualMode);
    }

    [Fact]
    public void TryParse_Star_IsDualModeWhereIPv6IsOn()
    {
        Assert.True(ListenAddress.TryParse("*:6379", out var address));
        Assert.Equal(Socket.OSSupportsIPv6, address.DualMode);
        Assert.Equal(Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any, address.EndPoint.Address);
        Assert.Equal(6379, address.EndPoint.Port);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(":80")]
    [InlineData("*")]
    [InlineData("*:")]
    [InlineData("*:+80")]
    [InlineData("*: 80")]
    [InlineData("*:080")]
    [InlineData("*:65536")]
    [InlineData("::1:80")]
    [InlineData("[127.0.0.1]:80")]
    [InlineData("[::1]80")]
    [InlineData("[::ffff:127.0.0.1]:80")]
    [InlineData("1:80")]
    [InlineData("0x7f.0.0.1:80")]
    [InlineData("127.0.0.01:80")]
    [InlineData("localhost:80")]
    public void TryParse_AnythingElse_IsRefused(string? text) => Assert.False(ListenAddress.TryParse(text, out _));

    [Theory]
    [InlineData("0.0.0.0:80", "127.0.0.1:80", true)]
    [InlineData("0.0.0.0:80", "[::]:80", false)]
    [InlineData("*:80", "10.0.0.1:80", true)]
    [InlineData("*:80", "[::1]:80", true)]
    [InlineData("[::]:80", "[2001:db8::1]:80", true)]
    [InlineData("127.0.0.1:80", "127.0.0.2:80", false)]
    [InlineData("127.0.0.1:80", "127.0.0.1:81", false)]
    [InlineData("127.0.0.1:0", "127.0.0.1:0", false)]
    public void Overlaps_TwoAddresses_IsSymmetric(string left, string right, bool overlaps)
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "IPv6 is off");
        Assert.Equal(overlaps, ListenAddress.Parse(left).Overlaps(ListenAddress.Parse(right)));
        Assert.Equal(overlaps, ListenAddress.Parse(right).Overlaps(ListenAddress.Parse(left)));
    }
}
