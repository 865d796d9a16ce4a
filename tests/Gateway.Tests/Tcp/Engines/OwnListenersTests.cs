using System.Net;
using Gateway.Tcp.Engines;

namespace Gateway.Tests.Tcp.Engines;

public class OwnListenersTests
{
    [Theory]
    [InlineData("127.0.0.1:80", false, "127.0.0.1", true)]
    [InlineData("127.0.0.1:80", false, "::ffff:127.0.0.1", true)]
    [InlineData("127.0.0.1:80", false, "0.0.0.0", true)]
    [InlineData("127.0.0.1:80", false, "127.0.0.2", false)]
    [InlineData("[::1]:80", false, "::", true)]
    [InlineData("[::1]:80", false, "127.0.0.1", false)]
    [InlineData("0.0.0.0:80", false, "127.0.0.2", true)]
    [InlineData("0.0.0.0:80", false, "::1", false)]
    [InlineData("0.0.0.0:80", false, "192.0.2.77", false)]
    [InlineData("192.0.2.77:80", false, "192.0.2.77", true)]
    [InlineData("[::]:80", false, "127.0.0.1", false)]
    [InlineData("[::]:80", false, "::1", true)]
    [InlineData("[::]:80", true, "127.0.0.1", true)]
    [InlineData("[::]:80", true, "::ffff:0.0.0.0", true)]
    [InlineData("[::]:80", true, "2001:db8::77", false)]
    public void Find_Remote_IsTheListenerThatItReaches(string bound, bool dualMode, string remote, bool isOwn)
    {
        var own = new OwnListeners();
        using var entry = own.Add("in", IPEndPoint.Parse(bound), dualMode);

        Assert.Equal(isOwn ? "in" : null, own.Find(new IPEndPoint(IPAddress.Parse(remote), 80), device: 0));
        Assert.Null(own.Find(new IPEndPoint(IPAddress.Parse(remote), 81), device: 0));
    }

    [Fact]
    public void MayHold_Port_AsLongAsItIsBound()
    {
        var own = new OwnListeners();
        var first = own.Add("a", IPEndPoint.Parse("127.0.0.1:80"), dualMode: false);
        using (own.Add("b", IPEndPoint.Parse("127.0.0.2:80"), dualMode: false))
        {
            first.Dispose();
            Assert.True(own.MayHold(80));
            Assert.Null(own.Find(IPEndPoint.Parse("127.0.0.1:80"), device: 0));
        }

        Assert.False(own.MayHold(80));
    }

    [Fact]
    public void Refuses_OwnListener_SaysWhichAndWhy()
    {
        var own = new OwnListeners();
        using var entry = own.Add("web", IPEndPoint.Parse("127.0.0.1:80"), dualMode: false);
        using var socket = TestSockets.New();

        Assert.False(own.Refuses(IPEndPoint.Parse("127.0.0.1:81"), socket));
        Assert.True(own.Refuses(IPEndPoint.Parse("127.0.0.1:80"), socket));
        Assert.Equal("reason=self: 127.0.0.1:80 is our own listener web", own.Describe(IPEndPoint.Parse("127.0.0.1:80")));
    }
}
