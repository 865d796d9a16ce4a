using System.Globalization;
using Gateway.Tcp.Configuration;

namespace Gateway.Checks;

/// <summary>
/// Checks for a trap of Kubernetes and Docker: only root in a container gets a capability that the manifest adds, because there are no
/// ambient capabilities. A process of another user starts without the capability. /proc/self/status shows this (proc_pid_status(5)): the
/// bounding set has the capability, the effective set does not.
/// </summary>
internal sealed class ContainerCheck : ICheck
{
    private const int CapNetRaw = 13;

    public string Name => "container";

    public Task RunAsync(CheckContext context, CheckFindings findings, CancellationToken cancellation)
    {
        if (WhoWantsNetRaw(context) is { } where && File.Exists("/proc/self/status"))
        {
            Judge(File.ReadAllText("/proc/self/status"), where, findings);
        }

        return Task.CompletedTask;
    }

    /// <summary>The first key path in the file that needs NET_RAW; null: none.</summary>
    internal static string? WhoWantsNetRaw(CheckContext context) =>
        RightsCheck
            .Needs(context)
            .Where(need => need.SourceIp.Mode == SourceIpMode.Transparent)
            .Select(need => need.Path + "Mode")
            .FirstOrDefault()
        ?? context
            .Config.Listeners.Where(listener => listener.Value.Intercept == InterceptMode.TProxy)
            .Select(listener => $"Listeners:{listener.Key}:Intercept")
            .FirstOrDefault();

    /// <summary>Judges the process status.</summary>
    /// <param name="status">The text of /proc/self/status.</param>
    /// <param name="where">The key path that needs NET_RAW.</param>
    /// <param name="findings">Takes the result.</param>
    internal static void Judge(string status, string where, CheckFindings findings)
    {
        var uid = Field(status, "Uid:").Split('\t', StringSplitOptions.RemoveEmptyEntries).ElementAtOrDefault(1);
        if (uid is null or "0" || !Has(status, "CapBnd:") || Has(status, "CapEff:"))
        {
            return;
        }

        var isLocked = Field(status, "NoNewPrivs:").Trim() == "1";
        findings.Warn(
            where,
            $"NET_RAW was granted, but not to user {uid}: Kubernetes and Docker give added capabilities to root "
                + $"only{(isLocked ? "; no_new_privs also switches file capabilities off" : "")}",
            "runAsUser: 0 with capabilities drop: [ALL], add: [NET_RAW] (docs/transparent.md, Rights in a container)");
    }

    private static bool Has(string status, string set) =>
        ulong.TryParse(Field(status, set).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var bits)
        && (bits >> CapNetRaw & 1) != 0;

    private static string Field(string status, string name) =>
        status.Split('\n').FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?[name.Length..] ?? "";
}
