using System.Net.Sockets;
using System.Text;

namespace Gateway.Interception;

/// <summary>Writes a plan as a shell script, for an init container that has nft (or iptables) and ip, but not the gateway.</summary>
internal static class RedirectScript
{
    /// <summary>Writes the script. The script can be run several times.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="useIptables">Whether to use iptables instead of nftables.</param>
    public static string Write(RedirectPlan plan, bool useIptables)
    {
        var script = new StringBuilder("#!/bin/sh\nset -eu\n");
        foreach (var diversion in plan.Diversions)
        {
            script.Append($"# {diversion}\n");
        }

        script.Append($"command -v ip >/dev/null\ncommand -v {(useIptables ? "iptables" : "nft")} >/dev/null\n");
        // Old chains are removed first: otherwise the jumps of an earlier run would be added again, and chains of another plan would stay.
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
