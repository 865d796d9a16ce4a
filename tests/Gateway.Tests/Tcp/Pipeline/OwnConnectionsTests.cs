using System.Net;
using Gateway.Tcp.Pipeline;

namespace Gateway.Tests.Tcp.Pipeline;

public class OwnConnectionsTests
{
    [Fact]
    public void Remove_OfTwoWithOneSource_LeavesTheOther()
    {
        var own = new OwnConnections();
        var source = new IPEndPoint(IPAddress.Loopback, 4711);
        own.Add(source);
        own.Add(new IPEndPoint(IPAddress.Loopback, 4711));

        own.Remove(source);
        Assert.True(own.Contains(source));
        own.Remove(source);
        Assert.False(own.Contains(source));
        own.Remove(source);
        Assert.False(own.Contains(source));
    }
}
