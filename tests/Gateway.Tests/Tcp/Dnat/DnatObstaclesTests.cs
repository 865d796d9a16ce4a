using Gateway.Linux.Netfilter;
using Gateway.Tcp.Dnat;
using Gateway.Testing;

namespace Gateway.Tests.Tcp.Dnat;

public sealed class DnatObstaclesTests
{
    private const string Accepting =
        """{"rule":{"expr":[{"match":{"op":"in","left":{"ct":{"key":"status"}},"right":"dnat"}},{"accept":null}]}}""";

    private const string OfOneInterface =
        """{"rule":{"expr":[{"match":{"op":"==","left":{"meta":{"key":"iifname"}},"right":"a"}},{"match":{"op":"in","left":{"ct":{"key":"status"}},"right":"dnat"}},{"accept":null}]}}""";

    [Theory]
    [InlineData("", true)]
    [InlineData(OfOneInterface, true)]
    [InlineData(OfOneInterface + "," + Accepting, false)]
    public void Find_ForwardChainsThatDrop_AreThoseWithoutARuleForUs(string rules, bool isNamed)
    {
        var obstacles = DnatObstacles.Find(command => new NftResult(
            true,
            command.Contains("\"chains\"", StringComparison.Ordinal)
                ? """
                    {"nftables":[{"metainfo":{"version":"1.0.6"}},
                    {"chain":{"family":"inet","table":"fw","name":"fence","handle":1,"type":"filter","hook":"forward","prio":0,"policy":"drop"}},
                    {"chain":{"family":"ip","table":"filter","name":"FORWARD","handle":1,"type":"filter","hook":"forward","prio":0,"policy":"accept"}},
                    {"chain":{"family":"bridge","table":"b","name":"f","handle":1,"type":"filter","hook":"forward","prio":0,"policy":"drop"}},
                    {"chain":{"family":"inet","table":"fw","name":"in","handle":2,"type":"filter","hook":"input","prio":0,"policy":"drop"}}]}
                    """
                : $$$"""{"nftables":[{"metainfo":{"version":"1.0.6"}}{{{(rules.Length == 0 ? "" : "," + rules)}}}]}""",
            ""));

        Assert.Equal(isNamed ? ["inet fw fence"] : [], obstacles.Chains.Select(static chain => chain.ToString()));
    }

    [Fact]
    public void InterfacesOff_OfAFolder_LeavesTheCommonOnesOut()
    {
        using var folder = new TemporaryFolder();
        foreach (var (name, value) in new[] { ("all", "0"), ("default", "0"), ("lo", "0"), ("eth0", "1"), ("eth1", "0"), ("vlan.5", "0") })
        {
            Directory.CreateDirectory(Path.Combine(folder.Path, name));
            File.WriteAllText(Path.Combine(folder.Path, name, "forwarding"), value + "\n");
        }

        Assert.Equal(["eth1", "vlan.5"], ForwardingSwitches.InterfacesOff(folder.Path));
        File.WriteAllText(Path.Combine(folder.Path, "eth0", "forwarding"), "0\n");
        Assert.Empty(ForwardingSwitches.InterfacesOff(folder.Path));
        Assert.Equal("net.ipv4.conf.vlan/5.forwarding", ForwardingSwitches.NameOf("vlan.5"));
    }
}
