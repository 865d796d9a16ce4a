using Gateway.Http.Backends.Clients;
using Gateway.Tcp.Configuration;

namespace Gateway.Tests.Http.Backends.Clients;

public sealed class ClusterSourceIpTests
{
    [Fact]
    public void Of_TheSameMetadata_AreReadOnce()
    {
        var metadata = new Dictionary<string, string> { ["SourceIp.Mode"] = "ProxyProtocol", ["SourceIp.MaxClients"] = "7" };

        var first = ClusterSourceIp.Of(metadata);

        Assert.Equal((SourceIpMode.ProxyProtocol, 7), (first!.Config.Mode, first.MaxClients));
        Assert.Same(first, ClusterSourceIp.Of(metadata));
        Assert.Equal(first, ClusterSourceIp.Of(new Dictionary<string, string>(metadata)));
    }

    [Fact]
    public void Of_MetadataWithoutItsKeys_IsNothing()
    {
        var other = new Dictionary<string, string> { ["Listeners"] = "web" };

        Assert.Null(ClusterSourceIp.Of(null));
        Assert.Null(ClusterSourceIp.Of(other));
        Assert.Null(ClusterSourceIp.Of(other));
    }
}
