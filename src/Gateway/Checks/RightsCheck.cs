using System.Diagnostics.Metrics;
using Gateway.Hosting;
using Gateway.Linux;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Listening;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Checks;

/// <summary>
/// Whether this process has the rights that transparent, marked, TOA and Dnat routes and listeners need: asked of the kernel by doing it (socket options,
/// loading and attaching the eBPF program, rules on trial), with the very code that start-up runs. A process that runs the configuration was asked already.
/// </summary>
internal sealed class RightsCheck : ICheck
{
    public string Name => "rights";

    public async Task RunAsync(CheckContext context, CheckFindings findings, CancellationToken cancellation)
    {
        var routes = context.Snapshot.Tcp.Listeners.Values.SelectMany(listener => listener.Routes)
            .Where(route => route.SourceIp.Mode is SourceIpMode.Transparent or SourceIpMode.Toa or SourceIpMode.Dnat || route.SourceIp.Mark != 0).DistinctBy(route => route.Name).ToList();
        var toa = SnapshotBuilder.ToaOf(context.Config);
        if (routes.Count == 0 && toa.Count == 0)
            return;

        var missing = context.IsRunning ? [] : await FindMissingAsync(context, toa);
        foreach (var message in missing)
        {
            // "KEY:PATH: what is missing, with the cure": key paths have no spaces.
            var end = message.IndexOf(": ", StringComparison.Ordinal);
            findings.Fail(end < 0 ? "" : message[..end], end < 0 ? message : message[(end + 2)..]);
        }

        foreach (var route in routes.Where(route => !IsAbout(missing, $"TcpProxy:Routes:{route.Name}:")))
            findings.Ok($"TcpProxy:Routes:{route.Name}:SourceIp:Mode", $"{route.SourceIp.Mode} is permitted{(route.SourceIp.Mark == 0 ? "" : ", marks too")}");
        foreach (var (listener, policy) in toa.Where(entry => !IsAbout(missing, $"Listeners:{entry.Key}:")))
        {
            var path = $"Listeners:{listener}:Toa";
            if (policy.Carriers is null && !ProcessRights.Read().MayUseBpf)
                findings.Warn(path, "looks at the SYN alone: Ack and Data need CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN", "grant them, or write \"Carriers\": [\"Syn\"] if that is where the option is");
            else
                findings.Ok(path, "its segments can be looked at");
        }
    }

    private static bool IsAbout(IReadOnlyList<string> messages, string path) => messages.Any(message => message.StartsWith(path, StringComparison.OrdinalIgnoreCase));

    private static async Task<IReadOnlyList<string>> FindMissingAsync(CheckContext context, IReadOnlyDictionary<string, ToaConfig> toa)
    {
        await using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        await using var plane = new TcpDataPlane(
            context.Config.TcpProxy.Engine, context.Config.TcpProxy.Accept, NullLoggerFactory.Instance, services.GetRequiredService<IMeterFactory>(), TimeProvider.System, new ConnectionLimit());
        return [.. plane.CheckRights(context.Snapshot.Tcp, toa), .. plane.CheckForwarding(context.Snapshot.Forwards)];
    }
}
