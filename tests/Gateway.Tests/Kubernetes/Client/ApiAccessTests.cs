using Gateway.Configuration;
using Gateway.Kubernetes.Client;
using Gateway.Testing;

namespace Gateway.Tests.Kubernetes.Client;

public sealed class ApiAccessTests
{
    private static readonly Dictionary<string, string> Pod = new()
    {
        ["KUBERNETES_SERVICE_HOST"] = "fd00::1",
        ["KUBERNETES_SERVICE_PORT"] = "6443",
    };

    [Fact]
    public void From_NothingWrittenInAPod_IsWhatThePodFinds()
    {
        using var folder = new TemporaryFolder();
        var token = folder.Write("token", "t");
        var ca = folder.Write("ca.crt", "c");
        folder.Write("namespace", "edge\n");

        var access = ApiAccess.From(null, Pod, folder.Path);

        Assert.Equal(new ApiAccess(new Uri("https://[fd00::1]:6443"), token, ca, "edge"), access);
    }

    [Fact]
    public void From_AllWritten_IsWhatIsWritten()
    {
        using var folder = new TemporaryFolder();
        var config = new KubernetesConfig { ApiServer = "http://127.0.0.1:8001", TokenPath = "/t", CaPath = "/c" };

        Assert.Equal(new ApiAccess(new Uri("http://127.0.0.1:8001"), "/t", "/c"), ApiAccess.From(config, Pod, folder.Path));
    }

    [Fact]
    public void From_OutsideOfACluster_IsNull() => Assert.Null(ApiAccess.From(new KubernetesConfig(), new Dictionary<string, string>()));
}
