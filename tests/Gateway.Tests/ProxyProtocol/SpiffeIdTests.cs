using System.Text;
using Gateway.ProxyProtocol;

namespace Gateway.Tests.ProxyProtocol;

/// <summary>Which values name a workload, by the grammar of SPIFFE.</summary>
public sealed class SpiffeIdTests
{
    [Theory]
    [InlineData("spiffe://cluster.local/ns/shop/sa/cart", "cluster.local")]
    [InlineData("spiffe://td.with-dots_1/ns/ns.with.dots/sa/Sa-1_x", "td.with-dots_1")]
    [InlineData("spiffe://td", "td")]
    [InlineData("spiffe://td/...", "td")]
    public void TryReadTrustDomain_AnId_GivesItsDomain(string id, string expected)
    {
        Assert.True(ProxySpiffeId.TryReadTrustDomain(Encoding.ASCII.GetBytes(id), out var domain));
        Assert.Equal(expected, Encoding.ASCII.GetString(domain));
    }

    [Theory]
    [InlineData("")]
    [InlineData("spiffe://")]
    [InlineData("spiffe:///ns/a")]
    [InlineData("SPIFFE://td/ns")]
    [InlineData("spiffe://Td/ns")]
    [InlineData("spiffe://td/")]
    [InlineData("spiffe://td//sa")]
    [InlineData("spiffe://td/ns/../sa")]
    [InlineData("spiffe://td/./sa")]
    [InlineData("spiffe://td/ns/a b")]
    [InlineData("spiffe://td/ns/a,b")]
    [InlineData("spiffe://td/ns/%61")]
    [InlineData("spiffe://td:1/ns")]
    [InlineData("spiffe://user@td/ns")]
    [InlineData("https://td/ns")]
    public void IsId_AnotherText_IsFalse(string id) => Assert.False(ProxySpiffeId.IsId(Encoding.ASCII.GetBytes(id)));

    [Theory]
    [InlineData(255, 1783, true)]
    [InlineData(256, 1, false)]
    [InlineData(255, 1784, false)]
    public void IsId_LongId_HasTheLimitsOfTheSpecification(int domain, int path, bool expected) =>
        Assert.Equal(expected, ProxySpiffeId.IsId(Encoding.ASCII.GetBytes($"spiffe://{new string('d', domain)}/{new string('p', path)}")));
}
