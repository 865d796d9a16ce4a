using Gateway.Tcp.Configuration;

namespace Gateway.Checks;

/// <summary>Checks for kernel settings that remove data which a listener reads.</summary>
internal sealed class KernelCheck : ICheck
{
    private const string SynCookies = "/proc/sys/net/ipv4/tcp_syncookies";

    public string Name => "kernel";

    public async Task RunAsync(CheckContext context, CheckFindings findings, CancellationToken cancellation)
    {
        foreach (var (name, _) in context.Config.Listeners.Where(listener =>
                listener.Value.Toa is { } toa && toa.Carriers?.Contains(ToaCarrier.Syn) != false))
        {
            if (File.Exists(SynCookies))
            {
                Judge($"Listeners:{name}:Toa", await File.ReadAllTextAsync(SynCookies, cancellation), findings);
            }
        }
    }

    /// <summary>
    /// Judges net.ipv4.tcp_syncookies (ip-sysctl.rst). With 2 the kernel answers every SYN with a cookie, and then does not keep the SYN.
    /// </summary>
    internal static void Judge(string where, string setting, CheckFindings findings)
    {
        if (setting.Trim() == "2")
        {
            findings.Warn(
                where,
                "net.ipv4.tcp_syncookies is 2: no SYN is kept, so no option in it is ever seen",
                "sysctl net.ipv4.tcp_syncookies=1");
        }
        else
        {
            findings.Ok(where, "SYNs are kept (unless a flood turns SYN cookies on)");
        }
    }
}
