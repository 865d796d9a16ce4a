using System.Globalization;
using Gateway.Configuration;
using Gateway.Http.Backends.Clients;
using Gateway.Linux;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Configuration;

namespace Gateway.Checks;

/// <summary>
/// Checks whether the descriptor limit and the memory have room for the configured number of connections: those of clients, and the own
/// connections that clients have to HTTP destinations.
/// </summary>
internal sealed class DescriptorCheck : ICheck
{
    private const string Where = "Limits:MaxConnections";
    private const string Pools = "ReverseProxy:Clusters";

    private const long MiB = 1024 * 1024;

    // A lower limit is probably not intended: the usual soft limit of a shell (1024) gives 256 connections.
    private const int Few = 1000;

    public string Name => "descriptors";

    public Task RunAsync(CheckContext context, CheckFindings findings, CancellationToken cancellation)
    {
        var (own, isWanted) = OwnConnections(context.Config);
        Judge(
            context.Config.Limits.MaxConnections,
            own,
            isWanted,
            ConnectionLimit.ByDescriptors(),
            DescriptorLimit.Read(),
            ConnectionMemory.Available,
            findings);
        return Task.CompletedTask;
    }

    /// <summary>
    /// The most clients that clusters keep own connections for, each with one or more connections; and whether the file sets this number,
    /// or it is the default.
    /// </summary>
    internal static (long Own, bool IsWanted) OwnConnections(GatewayConfig config)
    {
        var (written, all) = (0L, 0L);
        foreach (var cluster in config.ReverseProxy.Clusters)
        {
            if (ClusterSourceIp.Of(cluster.Metadata) is { Config.Mode: not (null or SourceIpMode.None) } sourceIp)
            {
                all += sourceIp.MaxClients;
                written += sourceIp.IsMaxClientsWritten ? sourceIp.MaxClients : 0;
            }
        }

        return written > 0 ? (written, true) : (all, false);
    }

    /// <summary>Judges the limits.</summary>
    /// <param name="wanted">The connection limit in the file; null: none.</param>
    /// <param name="own">The number of own connections that clients may have to HTTP destinations.</param>
    /// <param name="isWanted">Whether the file sets <paramref name="own"/>.</param>
    /// <param name="possible">The number of client connections that the descriptor limit allows.</param>
    /// <param name="descriptors">The descriptor limit; null: not known.</param>
    /// <param name="memory">The available memory in bytes.</param>
    /// <param name="findings">Takes the result.</param>
    internal static void Judge(int? wanted, long own, bool isWanted, int possible, long? descriptors, long memory, CheckFindings findings)
    {
        var limit = descriptors is { } known ? Text($"the descriptor limit {known}") : "an unknown descriptor limit";
        var affordable = ConnectionLimit.ByMemory(memory);
        var available = Text($"{memory / MiB} MiB of memory for the process");
        if (affordable < possible && wanted is null)
        {
            (possible, limit) = (affordable, available);
        }

        var cap = Math.Min(wanted ?? possible, possible);
        if (wanted > possible)
        {
            findings.Warn(
                Where,
                Text($"{limit} has room for {possible} connections, which is the cap, not for {wanted}"),
                Raise((2L * wanted.Value) + (isWanted ? own : 0)));
        }
        else if (cap < Few)
        {
            findings.Warn(
                Where,
                Text($"only {cap} connections at once ({limit})"),
                wanted is null ? $"raise the {(limit == available ? "memory" : "descriptor")} limit" : null);
        }
        else if (cap > affordable)
        {
            findings.Warn(
                Where, Text($"{cap} connections at once, and {available} has room for {affordable} that stall"),
                "raise the memory limit, lower Limits:MaxConnections, or leave it out: then it follows both limits");
        }
        else
        {
            findings.Ok(Where, Text($"{cap} connections at once ({limit})"));
        }

        JudgeOwn(wanted, own, isWanted, possible, cap, limit, findings);
    }

    private static void JudgeOwn(int? wanted, long own, bool isWanted, int possible, int cap, string limit, CheckFindings findings)
    {
        // Without a connection limit in the file, half of all connections may be clients' own connections to destinations.
        var room = wanted is null ? ConnectionLimit.FurtherOf(cap, possible) : 2L * (possible - cap);
        if (own > room && isWanted)
        {
            var asked = Text($"clients may have {own} connections of their own ({ClusterSourceIp.Prefix}MaxClients), and {limit} has room")
                + Text($" for {room} beside those that they open");
            findings.Warn(
                Pools, $"{asked}: then the one that was idle longest is closed, and without one the answer is 503",
                $"{Raise(wanted is null ? 2 * own : (2L * wanted.Value) + own)}, or lower {ClusterSourceIp.Prefix}MaxClients");
        }
        else if (own > 0)
        {
            // A default that does not fit is no warning, because it is only an upper bound that nobody has asked for.
            findings.Ok(
                Pools,
                Text($"{Math.Min(own, room)} connections that clients may have of their own ({ClusterSourceIp.Prefix}MaxClients)"));
        }
    }

    private static string Raise(long descriptors) =>
        Text($"raise the hard limit to {descriptors + 1024} (ulimit -Hn; systemd: LimitNOFILE; containers: the runtime's default-ulimits)");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
