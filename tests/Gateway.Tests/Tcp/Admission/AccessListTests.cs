using System.Net;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Configuration;

namespace Gateway.Tests.Tcp.Admission;

public sealed class AccessListTests
{
    private static readonly Dictionary<string, IReadOnlyList<string>> Networks = new() { ["office"] = ["192.0.2.0/24", "2001:db8::/32"] };

    [Theory]
    [InlineData("192.0.2.1", AdmissionRefusal.None)]
    [InlineData("::ffff:192.0.2.1", AdmissionRefusal.None)]
    [InlineData("2001:db8::1", AdmissionRefusal.None)]
    [InlineData("192.0.2.66", AdmissionRefusal.Denied)]
    [InlineData("198.51.100.1", AdmissionRefusal.NotAllowed)]
    [InlineData("2001:db9::1", AdmissionRefusal.NotAllowed)]
    public void Check_AllowAndDeny_DenyWins(string client, AdmissionRefusal expected)
    {
        var access = AccessList.From(new AccessConfig { Allow = ["office"], Deny = ["192.0.2.66/32"] }, Networks)!;

        Assert.Equal(expected, access.Check(IPAddress.Parse(client)));
    }

    [Theory]
    [InlineData("192.0.2.1", AdmissionRefusal.Denied)]
    [InlineData("198.51.100.1", AdmissionRefusal.None)]
    public void Check_DenyAlone_AdmitsEverybodyElse(string client, AdmissionRefusal expected)
    {
        var access = AccessList.From(new AccessConfig { Deny = ["office"] }, Networks)!;

        Assert.Equal(expected, access.Check(IPAddress.Parse(client)));
    }

    [Fact]
    public void From_NothingInTheLists_IsNoList()
    {
        Assert.Null(AccessList.From(null, Networks));
        Assert.Null(AccessList.From(new AccessConfig(), Networks));
    }
}
