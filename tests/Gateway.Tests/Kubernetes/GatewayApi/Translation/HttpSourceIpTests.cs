using Gateway.Kubernetes.GatewayApi.Translation;
using Gateway.Tcp.Configuration;

namespace Gateway.Tests.Kubernetes.GatewayApi.Translation;

public sealed class HttpSourceIpTests
{
    /// <summary>
    /// Clusters with one name are one cluster, also if the policies are of different namespaces: a policy whose name is that of another must
    /// not be found by trying. Of so many names of 32 bits, some are equal.
    /// </summary>
    [Fact]
    public void Suffix_OfManyPolicies_IsNeverThatOfAnother()
    {
        var suffixes = Enumerable.Range(0, 200_000).Select(static number =>
        {
            Assert.Null(HttpSourceIp.Read(
                new SourceIpConfig { Mode = SourceIpMode.ProxyProtocol, MaxHeaderBytes = number }, out var read));
            return read.Suffix;
        });

        Assert.Equal(200_000, suffixes.Distinct().Count());
    }
}
