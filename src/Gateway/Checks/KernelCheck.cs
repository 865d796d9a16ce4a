using Gateway.Tcp.Configuration;

namespace Gateway.Checks;

/// <summary>Settings of the kernel that take away what a listener reads.</summary>
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
    /// The verdict on net.ipv4.tcp_syncookies (ip-sysctl.rst): 2 answers every SYN with a cookie, and a cookie keeps no SYN.
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
