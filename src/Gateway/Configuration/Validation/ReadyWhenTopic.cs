using Gateway.Configuration.Reading;
using Gateway.Tcp.Configuration;

namespace Gateway.Configuration.Validation;

/// <summary>Checks Probes:ReadyWhen: each cluster must exist and should have health checks.</summary>
internal sealed class ReadyWhenTopic : IConfigTopic
{
    private const string Path = "Probes:ReadyWhen:Clusters";
    private const string Unchecked = "nobody checks the cluster's destinations, so it always counts as healthy: add";

    /// <inheritdoc/>
    public void Validate(ValidationContext context)
    {
        if (context.Config.Probes?.ReadyWhen is not { } ready)
        {
            return;
        }

        if (ready.Clusters.Count == 0)
        {
            context.Missing("Probes:ReadyWhen", "Clusters", "names of clusters, as [ \"redis\" ]; or remove ReadyWhen");
        }

        for (var i = 0; i < ready.Clusters.Count; i++)
        {
            Check(context, KeyPath.Join(Path, i), ready.Clusters[i]);
        }
    }

    private static void Check(ValidationContext context, string path, string name)
    {
        var tcp = context
            .Config.TcpProxy.Clusters.Where(cluster => IsSame(cluster.Key, name))
            .Select(static cluster => cluster.Value)
            .FirstOrDefault();
        var http = context.Config.ReverseProxy.Clusters.FirstOrDefault(cluster => IsSame(cluster.ClusterId, name));
        if (tcp is null && http is null)
        {
            context.Issues.Error(
                path,
                ConfigIssue.Quote(name),
                "there is no such cluster, neither in TcpProxy:Clusters nor in ReverseProxy:Clusters");
        }

        if (tcp is not null && !IsChecked(context, name, tcp))
        {
            context.Issues.Warning(path, ConfigIssue.Quote(name), $"{Unchecked} TcpProxy:Clusters:{name}:HealthCheck");
        }
        // With several destinations no warning is needed, because the gateway leaves out those that cannot be connected to, also without a
        // HealthCheck section (PassiveHealthFilter).
        if (http is { Destinations: not { Count: > 1 } } && http.HealthCheck is not ({ Active.Enabled: true } or { Passive.Enabled: true }))
        {
            context.Issues.Warning(path, ConfigIssue.Quote(name), $"{Unchecked} ReverseProxy:Clusters:{name}:HealthCheck:Active");
        }
    }

    // The cluster of a Dnat route is checked even without a HealthCheck section.
    private static bool IsChecked(ValidationContext context, string name, TcpClusterConfig cluster) => cluster.HealthCheck switch
    {
        { } check => check.Active?.Enabled ?? check.Passive is null,
        null => context.Config.TcpProxy.Routes.Values
            .Any(route => IsSame(route.ClusterId, name) && (route.SourceIp ?? cluster.SourceIp)?.Mode == SourceIpMode.Dnat),
    };

    private static bool IsSame(string? one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);
}
