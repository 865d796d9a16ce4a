using System.Text;
using Gateway.Configuration;
using Gateway.Linux.Netfilter;
using Gateway.Tcp.Configuration;

namespace Gateway.Interception;

/// <summary>Writes a plan as input for <c>nft -f</c>: one table of our own, which is replaced as a whole in one transaction.</summary>
internal static class NftScript
{
    /// <summary>The name of the table. Its family is inet.</summary>
    public const string Table = "gateway_redirect";

    // Numbers instead of names (NF_IP_PRI_MANGLE, NF_IP_PRI_NAT_DST), because nft 1.0.6 does not know all names at all hooks.
    private const int Mangle = -150;
    private const int NatDestination = -100;

    /// <summary>Input that installs the table, and replaces an existing one.</summary>
    public static string Install(RedirectPlan plan)
    {
        // "add" comes first, because "delete" fails without a table.
        var script = new StringBuilder($"add table inet {Table}\ndelete table inet {Table}\nadd table inet {Table}\n");
        foreach (var diversion in plan.Diversions)
        {
            var isInbound = diversion.Direction == CaptureDirection.Inbound;
            var chain = NftName.Fit($"{(isInbound ? "in" : "out")}-{diversion.Listener}");
            var (type, priority) = diversion.Mode == InterceptMode.TProxy ? ("filter", Mangle) : ("nat", NatDestination);
            script.Append(
                $"add chain inet {Table} {chain} {{ type {type} hook {(isInbound ? "prerouting" : "output")} priority {priority}; "
                    + "policy accept; }\n");
            foreach (var rule in DiversionRule.For(diversion))
            {
                script.Append($"add rule inet {Table} {chain} {rule.Nft}\n");
            }
        }

        return script.Append($"add chain inet {Table} {Fingerprint(plan)}\n").ToString();
    }

    /// <summary>The name of an empty chain that tells which plan is installed.</summary>
    public static string Fingerprint(RedirectPlan plan) => $"plan-{plan.Fingerprint}";

    /// <summary>Shell commands that remove the table, if it exists.</summary>
    public static string RemoveByShell { get; } =
        $"if command -v nft >/dev/null && nft list table inet {Table} >/dev/null 2>&1; then nft delete table inet {Table}; fi\n";

    /// <summary>Input that removes the table. It does not fail if there is none.</summary>
    public static string Remove() => $"add table inet {Table}\ndelete table inet {Table}\n";
}
