using System.Net;
using Gateway.Linux;
using Gateway.Testing.Network;

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

    /// <summary>Every address of every interface, and what is routed here as a whole; not what other hosts have.</summary>
    [Fact]
    public async Task IsLocal_AddressesOfAHost_AllOfThem()
    {
        await using var network = await GatewayNetwork.CreateAsync();
        await network.Gateway.RunAsync("ip", "addr", "add", "198.51.100.2/24", "dev", "gb");
        await network.Gateway.RunAsync("ip", "addr", "add", "2001:db8:b::2/64", "dev", "gb", "nodad");
        await network.Gateway.RunAsync("ip", "route", "add", "local", "203.0.113.0/24", "dev", "lo");
        await network.Gateway.RunAsync("ip", "route", "add", "local", "0.0.0.0/0", "dev", "lo", "table", "100");

        string[] own = ["192.0.2.1", "198.51.100.1", "198.51.100.2", "2001:db8:c::1", "2001:db8:b::1", "2001:db8:b::2", "203.0.113.77", "127.3.4.5", "::1"];
        string[] others = ["192.0.2.10", "198.51.100.10", "198.51.100.255", "2001:db8:b::10", "8.8.8.8", "2001:db8:f::1", "255.255.255.255", "224.0.0.1"];
        var found = network.Gateway.Run(() =>
        {
            using var routes = new RouteQuery();
            return own.Concat(others).Select(address => routes.IsLocal(IPAddress.Parse(address), device: 0)).ToList();
        });

        Assert.Equal([.. own.Select(static _ => 1), .. others.Select(static _ => 0)], found);
    }

    /// <summary>A link-local address is known by its interface.</summary>
    [Fact]
    public async Task IsLocal_LinkLocal_ByItsZone()
    {
        await using var network = await GatewayNetwork.CreateAsync();
        await network.Gateway.RunAsync("ip", "addr", "add", "fe80::77/64", "dev", "gb", "nodad");

        var found = network.Gateway.Run(() =>
        {
            using var routes = new RouteQuery();
            var index = System.Net.NetworkInformation.NetworkInterface.GetAllNetworkInterfaces().ToDictionary(static one => one.Name, static one => one.GetIPProperties().GetIPv6Properties().Index);
            return new[] { routes.IsLocal(IPAddress.Parse("fe80::77"), index["gb"]), routes.IsLocal(IPAddress.Parse("fe80::77"), index["gc"]) };
        });

        Assert.Equal([1, 0], found);
    }
}
