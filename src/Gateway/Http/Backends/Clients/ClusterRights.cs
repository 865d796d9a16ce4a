using Gateway.Tcp.Configuration;
using Gateway.Tcp.Rights;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.Http.Backends.Clients;

/// <summary>Finds missing rights at start, because transparent clusters would otherwise fail for every client.</summary>
internal static class ClusterRights
{
    /// <summary>The rights that clusters need and this process lacks, each with the cure.</summary>
    public static IReadOnlyList<Finding> Missing(IReadOnlyList<ClusterConfig> clusters)
    {
        var (transparent, marks) = (new List<string>(), new List<string>());
        foreach (var cluster in clusters)
        {
            var path = $"ReverseProxy:Clusters:{cluster.ClusterId}:Metadata:{ClusterSourceIp.Prefix}";
            var sourceIp = ClusterSourceIp.Of(cluster.Metadata)?.Config;
            if (sourceIp?.Mode == SourceIpMode.Transparent)
            {
                transparent.Add($"{path}Mode");
            }

            if (sourceIp?.Mark is not null)
            {
                marks.Add($"{path}Mark");
            }
        }

        return SourceRights.Missing(transparent, marks);
    }
}
