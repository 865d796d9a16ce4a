using System.Net;
using System.Text;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Configuration;

namespace Gateway.Tests.Tcp.Admission;

public sealed class AccessListTests
{
    private static readonly Dictionary<string, IReadOnlyList<string>> Networks = new() { ["office"] = ["192.0.2.0/24", "2001:db8::/32"] };

    [Theory]
    [InlineData("192.0.2.1", null)]
    [InlineData("::ffff:192.0.2.1", null)]
    [InlineData("2001:db8::1", null)]
    [InlineData("192.0.2.66", nameof(AdmissionOutcomes.Denied))]
    [InlineData("198.51.100.1", nameof(AdmissionOutcomes.NotAllowed))]
    [InlineData("2001:db9::1", nameof(AdmissionOutcomes.NotAllowed))]
    public void Check_AllowAndDeny_DenyWins(string client, string? expected)
    {
        var access = AccessList.From(new AccessConfig { Allow = ["office"], Deny = ["192.0.2.66/32"] }, Networks)!;

        Assert.Equal(expected, access.Check(IPAddress.Parse(client))?.Rule);
    }

    [Theory]
    [InlineData("192.0.2.1", nameof(AdmissionOutcomes.Denied))]
    [InlineData("198.51.100.1", null)]
    public void Check_DenyAlone_AdmitsEverybodyElse(string client, string? expected)
    {
        var access = AccessList.From(new AccessConfig { Deny = ["office"] }, Networks)!;

        Assert.Equal(expected, access.Check(IPAddress.Parse(client))?.Rule);
    }

    [Theory]
    [InlineData("spiffe://cluster.local/ns/shop/sa/cart", null, null)]
    [InlineData("spiffe://td.example", null, null)]
    [InlineData("spiffe://cluster.local.evil/ns/shop/sa/cart", null, nameof(AdmissionOutcomes.NotInTrustDomain))]
    [InlineData("spiffe://evil/cluster.local/sa", null, nameof(AdmissionOutcomes.NotInTrustDomain))]
    [InlineData("cluster.local", null, nameof(AdmissionOutcomes.NotInTrustDomain))]
    [InlineData(null, null, nameof(AdmissionOutcomes.NotInTrustDomain))]
    [InlineData("spiffe://evil/ns", "spiffe://cluster.local/ns", nameof(AdmissionOutcomes.NotInTrustDomain))]
    public void CheckCaller_TrustDomains_TheFirstIdDecides(string? first, string? second, string? expected)
    {
        var access = AccessList.From(new AccessConfig { TrustDomains = ["cluster.local", "td.example"] }, Networks)!;
        byte[] tlvs = [.. Tlv(0x02, "cluster.local"), .. Tlv(0xD0, first), .. Tlv(0xD0, second)];

        Assert.Equal(expected, access.CheckCaller(tlvs)?.Rule);
        Assert.Null(access.Check(IPAddress.Loopback));

        static byte[] Tlv(byte type, string? value) =>
            value is null ? [] : [type, 0, (byte)value.Length, .. Encoding.ASCII.GetBytes(value)];
    }

    [Fact]
    public void CheckCaller_WithoutTrustDomains_NobodyNeedsAnId() =>
        Assert.Null(AccessList.From(new AccessConfig { Allow = ["office"] }, Networks)!.CheckCaller([]));

    [Fact]
    public void From_NothingInTheLists_IsNoList()
    {
        Assert.Null(AccessList.From(null, Networks));
        Assert.Null(AccessList.From(new AccessConfig(), Networks));
    }
}
