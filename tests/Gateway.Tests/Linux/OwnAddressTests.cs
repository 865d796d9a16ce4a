using System.Net;
using Gateway.Linux;

namespace Gateway.Tests.Linux;

public sealed class OwnAddressTests
{
    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.9.9.9", true)]
    [InlineData("192.0.2.77", false)]
    [InlineData("2001:db8::77", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("224.0.0.1", false)]
    public void Contains_Address_AsRoutingSeesIt(string address, bool isOwn)
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("It asks Linux's routing.");
        }

        Assert.Equal(isOwn, OwnAddress.Contains(IPAddress.Parse(address)));
    }
}
