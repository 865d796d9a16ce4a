using System.Net;
using Gateway.Tcp.Networks;

namespace Gateway.Tests.Tcp.Networks;

public class PeerEndPointTests
{
    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1")]
    [InlineData("::ffff:192.0.2.1", "192.0.2.1")]
    [InlineData("2001:db8::1", "2001:db8::1")]
    [InlineData("fe80::1", "fe80::1")]
    [InlineData("fe80::1%7", "fe80::1")]
    public void Of_Address_HasNeitherMappingNorZone(string address, string expected)
    {
        var peer = PeerEndPoint.Of(new IPEndPoint(IPAddress.Parse(address), 4711));

        Assert.Equal(new IPEndPoint(IPAddress.Parse(expected), 4711), peer);
        Assert.Equal(expected, peer.Address.ToString());
    }
}
