using System.Net;
using Gateway.ProxyProtocol;

namespace Gateway.Tests.ProxyProtocol;

public sealed class EndPointTests
{
    [Theory]
    [InlineData("0.0.0.0", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("239.255.255.255", false)]
    [InlineData("240.0.0.1", true)]
    [InlineData("223.255.255.255", true)]
    [InlineData("127.0.0.1", true)]
    [InlineData("::", false)]
    [InlineData("ff02::1", false)]
    [InlineData("::ffff:0.0.0.0", false)]
    [InlineData("::ffff:224.0.0.1", false)]
    [InlineData("::ffff:255.255.255.255", false)]
    [InlineData("::ffff:192.0.2.1", true)]
    [InlineData("::1", true)]
    [InlineData("fe80::1", true)]
    public void CanBeSource_Address_IsDecided(string address, bool expected)
    {
        Assert.Equal(expected, ProxyEndPoint.From(new IPEndPoint(IPAddress.Parse(address), 1)).CanBeSource);
        Assert.False(default(ProxyEndPoint).CanBeSource);
    }

    [Theory]
    [InlineData("192.0.2.1:80")]
    [InlineData("[2001:db8::1]:65535")]
    [InlineData("[::ffff:192.0.2.1]:0")]
    public void From_EndPoint_ComesBack(string text)
    {
        var endPoint = IPEndPoint.Parse(text);

        Assert.Equal(endPoint, ProxyEndPoint.From(endPoint).ToIPEndPoint());
        Assert.Equal(endPoint.ToString(), ProxyEndPoint.From(endPoint).ToString());
        Assert.Equal(ProxyEndPoint.From(endPoint), ProxyEndPoint.From(IPEndPoint.Parse(text)));
    }

    [Fact]
    public void Default_IsNoAddress()
    {
        Assert.Equal("-", default(ProxyEndPoint).ToString());
        Assert.Throws<InvalidOperationException>(() => default(ProxyEndPoint).ToIPEndPoint());
        Assert.Equal(0, default(ProxyEndPoint).WriteAddress([]));
    }
}
