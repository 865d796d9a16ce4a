namespace Gateway.Checks;

/// <summary>
/// Checks whether a load balancer vendor's kernel module for TOA is loaded. With such a module accept and getpeername return the client's
/// address, no matter what a Toa section says.
/// </summary>
internal sealed class ToaModuleCheck : ICheck
{
    private const string ModulesFile = "/proc/modules";

    // The modules of LVS and its descendants, of Tencent and of Baidu. Those of Alibaba and Huawei are called toa, too.
    private static readonly string[] Known = ["toa", "ttm_toa", "hooker", "tcp_toa", "toa_ipv6", "vtoa"];

    public string Name => "toa-module";

    public async Task RunAsync(CheckContext context, CheckFindings findings, CancellationToken cancellation)
    {
        if (File.Exists(ModulesFile))
        {
            Judge(
                await File.ReadAllTextAsync(ModulesFile, cancellation),
                [.. context.Config.Listeners.Where(listener => listener.Value.Toa is not null).Select(listener => listener.Key)],
                findings);
        }
    }

    /// <summary>Judges the text of /proc/modules (proc_modules(5)).</summary>
    internal static void Judge(string modules, IReadOnlyList<string> listeners, CheckFindings findings)
    {
        var loaded = modules.Split('\n').Select(line => line.Split(' ')[0]).Where(name => Known.Contains(name)).ToList();
        if (loaded.Count == 0)
        {
            return;
        }

        var what = $"the kernel module {string.Join(", ", loaded)} is loaded: getpeername gives the client's address already";
        if (listeners.Count == 0)
        {
            findings.Ok("", $"{what}; there is nothing to do");
        }

        foreach (var listener in listeners)
        {
            findings.Warn(
                $"Listeners:{listener}:Toa",
                $"{what}, and the client is nobody's trusted proxy",
                "nothing to do: remove the Toa section");
        }
    }
}
