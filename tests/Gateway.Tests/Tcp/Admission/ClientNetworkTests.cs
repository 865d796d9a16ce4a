using System.Net;
using Gateway.Tcp.Admission;

namespace Gateway.Tests.Tcp.Admission;

public sealed class ClientNetworkTests
{
    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1", 32, 64, true)]
    [InlineData("192.0.2.1", "192.0.2.2", 32, 64, false)]
    [InlineData("192.0.2.1", "192.0.2.2", 24, 64, true)]
    [InlineData("192.0.2.1", "192.0.3.1", 24, 64, false)]
    [InlineData("192.0.2.1", "128.255.0.0", 1, 64, true)]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", 32, 64, true)]
    [InlineData("2001:db8::1", "2001:db8::2", 32, 64, true)]
    [InlineData("2001:db8::1", "2001:db8:0:1::1", 32, 64, false)]
    [InlineData("2001:db8:0:1::1", "2001:db8:0:2::1", 32, 48, true)]
    [InlineData("2001:db8::1", "2001:db8::2", 32, 128, false)]
    [InlineData("2001:db8::1", "2001:db8::2", 32, 120, true)]
    [InlineData("::192.0.2.1", "192.0.2.1", 32, 128, false)]
    public void Of_TwoAddresses_AreOneClientIfThePrefixIsTheSame(string one, string other, int v4, int v6, bool areOne)
    {
        var rules = new ClientRules(1, null, v4, v6);

        Assert.Equal(areOne, ClientNetwork.Of(IPAddress.Parse(one), rules) == ClientNetwork.Of(IPAddress.Parse(other), rules));
    }
}
