using System.Globalization;
using Gateway.Tcp.Configuration;

namespace Gateway.Checks;

/// <summary>
/// Checks how full the kernel's conntrack table is. Dnat routes need an entry for each connection, and the kernel drops packets of new
/// connections when the table is full.
/// </summary>
internal sealed class ConntrackCheck : ICheck
{
    private const string CountFile = "/proc/sys/net/netfilter/nf_conntrack_count";
    private const string MaxFile = "/proc/sys/net/netfilter/nf_conntrack_max";

    // The last quarter fills within seconds when backends or clients begin to retry.
    private const int FullPercent = 75;

    public string Name => "conntrack";

    public async Task RunAsync(CheckContext context, CheckFindings findings, CancellationToken cancellation)
    {
        var route = context
            .Snapshot.Tcp.Listeners.Values.SelectMany(listener => listener.Routes)
            .FirstOrDefault(route => route.SourceIp.Mode == SourceIpMode.Dnat);
        if (route is null || !File.Exists(CountFile) || !File.Exists(MaxFile))
        {
            return;
        }

        Judge(
            $"TcpProxy:Routes:{route.Name}:SourceIp:Mode",
            await File.ReadAllTextAsync(CountFile, cancellation),
            await File.ReadAllTextAsync(MaxFile, cancellation),
            findings);
    }

    /// <summary>Judges the numbers (nf_conntrack-sysctl.rst). A maximum of 0 means no limit.</summary>
    internal static void Judge(string where, string count, string max, CheckFindings findings)
    {
        var (used, most) = (long.Parse(count, CultureInfo.InvariantCulture), long.Parse(max, CultureInfo.InvariantCulture));
        if (most > 0 && used * 100 >= most * FullPercent)
        {
            findings.Warn(
                where,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"conntrack holds {used} of at most {most} connections: when it is full, the kernel drops new ones"),
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"sysctl -w net.netfilter.nf_conntrack_max={most * 2} (in the host's own network namespace)"));
        }
        else
        {
            findings.Ok(where, string.Create(CultureInfo.InvariantCulture, $"conntrack holds {used} of at most {most} connections"));
        }
    }
}
