using System.Net;
using CsCheck;
using Gateway.Configuration;
using Gateway.Http.Forwarded;
using Microsoft.Extensions.Primitives;

namespace Gateway.Tests.Http.Forwarded;

public class ForwardedForWalkerTests
{
    private static readonly ForwardedHeadersModel ByNetworks = new()
    {
        TrustedProxies = [IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("2001:db8:cd::/48")],
    };

    /// <summary>Lines are separated by '|'.</summary>
    [Theory]
    // The hop is not trusted: whatever it says, it is the client.
    [InlineData("198.51.100.9", "", "198.51.100.9", false)]
    [InlineData("198.51.100.9", "192.0.2.1", "198.51.100.9", false)]
    [InlineData("198.51.100.9", "192.0.2.1, 10.0.0.1", "198.51.100.9", false)]
    [InlineData("2001:db8::9", "192.0.2.1", "2001:db8::9", false)]
    // The hop is trusted: from the right to the first that is not.
    [InlineData("10.0.0.1", "", "10.0.0.1", true)]
    [InlineData("10.0.0.1", "192.0.2.1", "192.0.2.1", true)]
    [InlineData("10.0.0.1", "203.0.113.66, 192.0.2.1", "192.0.2.1", true)]
    [InlineData("10.0.0.1", "203.0.113.66, 192.0.2.1, 10.0.0.2", "192.0.2.1", true)]
    [InlineData("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3", true)]
    // What a client forged to the left of what the trusted hop appended is never reached, whatever it forged.
    [InlineData("10.0.0.1", "10.9.9.9, 192.0.2.1, 10.0.0.2", "192.0.2.1", true)]
    [InlineData("10.0.0.1", "127.0.0.1, 10.0.0.1, 192.0.2.1", "192.0.2.1", true)]
    // Several lines are one list.
    [InlineData("10.0.0.1", "203.0.113.66|192.0.2.1|10.0.0.2", "192.0.2.1", true)]
    [InlineData("10.0.0.1", "203.0.113.66,192.0.2.1| 10.0.0.3 ,\t10.0.0.2\t", "192.0.2.1", true)]
    [InlineData("10.0.0.1", "192.0.2.1||  ", "192.0.2.1", true)]
    // Ports, brackets, IPv6, v4-mapped.
    [InlineData("10.0.0.1", "192.0.2.1:4711, 10.0.0.2:80", "192.0.2.1", true)]
    [InlineData("10.0.0.1", "[2001:db8::7]:4711, [2001:db8:cd::2]", "2001:db8::7", true)]
    [InlineData("2001:db8:cd::1", "2001:db8::7, 2001:db8:cd::2", "2001:db8::7", true)]
    [InlineData("10.0.0.1", "::ffff:192.0.2.1, ::ffff:10.0.0.2", "192.0.2.1", true)]
    // An entry that is no address ends the walk: the last trusted hop is all that is known.
    [InlineData("10.0.0.1", "192.0.2.1, unknown", "10.0.0.1", true)]
    [InlineData("10.0.0.1", "192.0.2.1, unknown, 10.0.0.2", "10.0.0.2", true)]
    [InlineData("10.0.0.1", "192.0.2.1, , 10.0.0.2", "10.0.0.2", true)]
    [InlineData("10.0.0.1", "192.0.2.1,", "10.0.0.1", true)]
    [InlineData("10.0.0.1", ",", "10.0.0.1", true)]
    [InlineData("10.0.0.1", "192.0.2.1, 012.0.0.2", "10.0.0.1", true)]
    public void Find_ByNetworks_StopsAtFirstUntrusted(string hop, string lines, string client, bool trusted) =>
        AssertFound(hop, lines, ByNetworks, client, trusted);

    [Theory]
    // Envoy's edge semantics: the Nth from the right, before we append the hop.
    [InlineData(1, "192.0.2.1", "192.0.2.1", true)]
    [InlineData(1, "203.0.113.66, 192.0.2.1", "192.0.2.1", true)]
    [InlineData(2, "203.0.113.66, 192.0.2.1, 10.0.0.2", "192.0.2.1", true)]
    [InlineData(2, "192.0.2.1, 10.0.0.2", "192.0.2.1", true)]
    [InlineData(2, "203.0.113.66|192.0.2.1|10.0.0.2", "192.0.2.1", true)]
    [InlineData(3, "192.0.2.1, 10.0.0.3, 10.0.0.2", "192.0.2.1", true)]
    // Too short: it did not come through all of them.
    [InlineData(1, "", "198.51.100.9", false)]
    [InlineData(2, "192.0.2.1", "198.51.100.9", false)]
    [InlineData(3, "192.0.2.1, 10.0.0.2", "198.51.100.9", false)]
    // The entry that counts is no address; the others do not matter.
    [InlineData(1, "192.0.2.1, unknown", "198.51.100.9", true)]
    [InlineData(2, "192.0.2.1, unknown", "192.0.2.1", true)]
    [InlineData(2, "unknown, 10.0.0.2", "198.51.100.9", true)]
    [InlineData(2, "192.0.2.1,", "192.0.2.1", true)]
    [InlineData(1, "192.0.2.1,", "198.51.100.9", true)]
    [InlineData(1, "[2001:db8::7]:4711", "2001:db8::7", true)]
    public void Find_ByCount_TakesNthFromTheRight(int hops, string lines, string client, bool trusted) =>
        AssertFound("198.51.100.9", lines, new ForwardedHeadersModel { TrustedHops = hops }, client, trusted);

    [Theory]
    // Counted only if the hop itself is a trusted one.
    [InlineData("10.0.0.1", 1, "192.0.2.1", "192.0.2.1", true)]
    [InlineData("10.0.0.1", 2, "203.0.113.66, 192.0.2.1, 198.51.100.2", "192.0.2.1", true)]
    [InlineData("10.0.0.1", 2, "192.0.2.1", "10.0.0.1", false)]
    [InlineData("198.51.100.9", 1, "192.0.2.1", "198.51.100.9", false)]
    [InlineData("198.51.100.9", 2, "192.0.2.1, 10.0.0.1", "198.51.100.9", false)]
    public void Find_ByCountThroughNetworks_CountsForTrustedHopsOnly(string hop, int hops, string lines, string client, bool trusted) =>
        AssertFound(hop, lines, ByNetworks with { TrustedHops = hops }, client, trusted);

    [Fact]
    public void Find_WithoutSection_BelievesNobody() => AssertFound("10.0.0.1", "192.0.2.1", ForwardedHeadersModel.None, "10.0.0.1", false);

    [Fact]
    public void Find_EndlessChainOfTrusted_StopsAtTheLimit()
    {
        var entries = Enumerable.Range(0, 3000).Select(i => new IPAddress([10, 1, (byte)(i >> 8), (byte)i])).ToArray();
        var found = ForwardedForWalker.Find(IPAddress.Parse("10.0.0.1"), string.Join(",", (object[])entries), ByNetworks);
        Assert.Equal(entries[^ForwardedForWalker.MaxEntries], found.Client);
    }

    [Fact]
    public void Find_WhateverIsForgedInFront_ClientIsTheOneTheTrustedHopSaw()
    {
        var forged = Gen.OneOf(Gen.String[Gen.Char.AlphaNumeric, 0, 12], Gen.Const("10.0.0.7"), Gen.Const(""), Gen.Const("::1"), Gen.Const("192.0.2.77"));
        Gen.Select(forged.List[0, 8], Gen.Int[0, 3], Gen.Int[0, 2]).Sample((front, trustedHops, split) =>
        {
            string[] appended = ["192.0.2.1", .. Enumerable.Range(2, trustedHops).Select(i => $"10.0.0.{i}")];
            var all = front.Concat(appended).ToArray();
            StringValues lines = split switch
            {
                0 => string.Join(", ", all),
                1 => all,
                _ => new[] { string.Join(",", front), string.Join(",", appended) },
            };
            var byNetworks = ForwardedForWalker.Find(IPAddress.Parse("10.0.0.1"), lines, ByNetworks);
            var byCount = ForwardedForWalker.Find(IPAddress.Parse("10.0.0.1"), lines, new ForwardedHeadersModel { TrustedHops = trustedHops + 1 });
            Assert.Equal("192.0.2.1", byNetworks.Client.ToString());
            Assert.Equal("192.0.2.1", byCount.Client.ToString());
        });
    }

    private static void AssertFound(string hop, string lines, ForwardedHeadersModel model, string client, bool trusted)
    {
        var address = IPAddress.Parse(hop);
        var found = ForwardedForWalker.Find(address, lines.Length == 0 ? default : new StringValues(lines.Split('|')), model);
        Assert.Equal(IPAddress.Parse(client), found.Client);
        Assert.Equal(address, found.Hop);
        Assert.Equal(trusted, found.IsHopTrusted);
        Assert.Equal(UntrustedForwardedHeaders.Keep, model.Untrusted);
    }
}
