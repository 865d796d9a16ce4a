using System.Net.Sockets;
using System.Text;

namespace Gateway.Interception;

/// <summary>A plan as a shell script, for a place that has nft (or iptables) and ip but not the gateway: an init container.</summary>
internal static class RedirectScript
{
    /// <summary>Writes the script. It can be run again.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="useIptables">iptables instead of nftables.</param>
    public static string Write(RedirectPlan plan, bool useIptables)
    {
        var script = new StringBuilder("#!/bin/sh\nset -eu\n");
        foreach (var diversion in plan.Diversions)
        {
            script.Append($"# {diversion}\n");
        }

        script.Append($"command -v ip >/dev/null\ncommand -v {(useIptables ? "iptables" : "nft")} >/dev/null\n");
        // An earlier run's jumps would be added once more, and chains of another plan would stay.
        if (useIptables)
        {
            script.Append(IptablesScript.RemoveByShell);
        }

        AppendFamily(script, plan, AddressFamily.InterNetwork, useIptables);
        script.Append($"if {HostProgram.HasIPv6Test}; then\n");
        AppendFamily(script, plan, AddressFamily.InterNetworkV6, useIptables);
        script.Append($"else\nip -6 rule flush protocol {ReturnRoutes.Protocol} 2>/dev/null || :\nfi\n");
        if (useIptables)
        {
            script.Append(NftScript.RemoveByShell);
        }
        else
        {
            script.Append($"nft -f - <<'EOF'\n{NftScript.Install(plan)}EOF\n{IptablesScript.RemoveByShell}");
        }

        return script.ToString();
    }

    private static void AppendFamily(StringBuilder script, RedirectPlan plan, AddressFamily family, bool useIptables)
    {
        var ip = $"ip {HostProgram.IpOption(family)}";
        script.Append($"{ip} rule flush protocol {ReturnRoutes.Protocol}\n");
        var rules = ReturnRoutes.Rules(plan, family);
        if (rules.Count > 0)
        {
            script.Append($"{ip} route replace {ReturnRoutes.Route}\n");
        }

        foreach (var (preference, rule) in rules)
        {
            script.Append($"{ip} rule add pref {preference} {rule}\n");
        }

        if (!useIptables)
        {
            return;
        }

        if (IptablesScript.Install(plan, family, "") is { } restore)
        {
            script.Append($"{HostProgram.Iptables(family, "-restore")} --noflush <<'EOF'\n{restore}EOF\n");
        }
    }
}
