using System.Diagnostics.Metrics;
using Gateway.Http.Backends.Clients;
using Gateway.Linux;
using Gateway.Snapshots;
using Gateway.Tcp;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Configuration;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Checks;

/// <summary>
/// Whether this process has the rights that transparent, marked, TOA and Dnat routes and listeners need: asked of the kernel by doing it
/// (socket options, loading and attaching the eBPF program, rules on trial), with the very code that start-up runs. A process that runs the
/// configuration was asked already.
/// </summary>
internal sealed class RightsCheck : ICheck
{
    public string Name => "rights";

    public async Task RunAsync(CheckContext context, CheckFindings findings, CancellationToken cancellation)
    {
        var needs = Needs(context).ToList();
        var toa = SnapshotBuilder.ToaOf(context.Config);
        if (needs.Count == 0 && toa.Count == 0)
        {
            return;
        }

        var missing = context.IsRunning ? [] : await FindMissingAsync(context);
        foreach (var message in missing)
        {
            // "KEY:PATH: what is missing, with the cure": key paths have no spaces.
            var end = message.IndexOf(": ", StringComparison.Ordinal);
            findings.Fail(end < 0 ? "" : message[..end], end < 0 ? message : message[(end + 2)..]);
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
    }

    private static bool IsAbout(IReadOnlyList<string> messages, string path) =>
        messages.Any(message => message.StartsWith(path, StringComparison.OrdinalIgnoreCase));

    /// <summary>What a plain socket does not do: the key path in front of <c>Mode</c>, and what stands there.</summary>
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
                ClusterSourceIp.Read(cluster.Metadata)?.Config ?? new SourceIpConfig()));
        return ofRoutes
            .Concat(ofClusters)
            .Where(need => need.Item2 is { Mode: SourceIpMode.Transparent or SourceIpMode.Toa or SourceIpMode.Dnat } or { Mark: not null });
    }

    private static async Task<IReadOnlyList<string>> FindMissingAsync(CheckContext context)
    {
        await using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        await using var plane = new TcpDataPlane(
            context.Config.TcpProxy.Engine,
            context.Config.TcpProxy.Accept,
            NullLoggerFactory.Instance,
            services.GetRequiredService<IMeterFactory>(),
            TimeProvider.System,
            new ConnectionLimit(),
            context.Config.TcpProxy.Dnat.Table);
        return GatewayRuntime.FindMissingRights(plane, context.Snapshot, isTrial: true);
    }
}
