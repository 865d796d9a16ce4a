using Gateway.Http.Backends.Clients;
using Gateway.Linux;
using Gateway.Snapshots;
using Gateway.Tcp.Configuration;

namespace Gateway.Checks;

/// <summary>
/// Checks whether this process has the rights that transparent, marked, TOA and Dnat routes and listeners need. It tries the operations
/// (socket options, loading and attaching the eBPF program, test rules) with the same code as start-up. A process that already runs the
/// configuration is not checked again.
/// </summary>
internal sealed class RightsCheck : ICheck
{
    public string Name => "rights";

    public Task RunAsync(CheckContext context, CheckFindings findings, CancellationToken cancellation)
    {
        var needs = Needs(context).ToList();
        var toa = SnapshotBuilder.ToaOf(context.Config);
        if (needs.Count == 0 && toa.Count == 0)
        {
            return Task.CompletedTask;
        }

        var missing = context.IsRunning ? [] : GatewayRuntime.FindMissingRightsOfTrial(context.Snapshot);
        foreach (var finding in missing)
        {
            findings.Fail(finding.KeyPath, finding.What, finding.Cure);
        }

        foreach (var (path, sourceIp) in needs.Where(need => !IsAbout(missing, need.Path)))
        {
            findings.Ok(path + "Mode", $"{sourceIp.Mode} is permitted{(sourceIp.Mark is null ? "" : ", marks too")}");
        }

        foreach (var (listener, policy) in toa.Where(entry => !IsAbout(missing, $"Listeners:{entry.Key}:")))
        {
            var path = $"Listeners:{listener}:Toa";
            if (policy.Carriers is null && !ProcessRights.Read().MayUseBpf)
            {
                findings.Warn(
                    path,
                    "looks at the SYN alone: Ack and Data need CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN. A client behind a load balancer "
                        + "that forwards packets and writes the option only into the ACK "
                        + "can forge its address in the SYN",
                    "grant them, or write where the load balancer puts the option: \"Carriers\": [\"Ack\"] (does not start without the "
                        + "rights), or [\"Syn\"]");
            }
            else
            {
                findings.Ok(path, "its segments can be looked at");
            }
        }

        return Task.CompletedTask;
    }

    private static bool IsAbout(IReadOnlyList<Finding> missing, string path) =>
        missing.Any(finding => finding.KeyPath.StartsWith(path, StringComparison.OrdinalIgnoreCase));

    /// <summary>The source IP settings that need rights: the key path in front of <c>Mode</c>, and the settings.</summary>
    internal static IEnumerable<(string Path, SourceIpConfig SourceIp)> Needs(CheckContext context)
    {
        var ofRoutes = context
            .Snapshot.Tcp.Listeners.Values.SelectMany(listener => listener.Routes)
            .DistinctBy(route => route.Name)
            .Select(route =>
                (
                    $"TcpProxy:Routes:{route.Name}:SourceIp:",
                    new SourceIpConfig { Mode = route.SourceIp.Mode, Mark = route.SourceIp.Mark == 0 ? null : route.SourceIp.Mark }));
        var ofClusters = context.Config.ReverseProxy.Clusters.Select(cluster =>
            (
                $"ReverseProxy:Clusters:{cluster.ClusterId}:Metadata:{ClusterSourceIp.Prefix}",
                ClusterSourceIp.Of(cluster.Metadata)?.Config ?? new SourceIpConfig()));
        return ofRoutes
            .Concat(ofClusters)
            .Where(need => need.Item2 is { Mode: SourceIpMode.Transparent or SourceIpMode.Toa or SourceIpMode.Dnat } or { Mark: not null });
    }
}
