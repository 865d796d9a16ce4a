using System.Net.Sockets;
using Gateway.Tcp.Configuration;

namespace Gateway.Interception;

/// <summary>
/// The routing rules and the route that bring a backend's answers back to the gateway, when the backend runs on this host (or in this pod)
/// and the gateway connects to it from the client's address. The backend sends its answers from its port to the client's foreign address;
/// the rules deliver them to this host instead. This needs no netfilter, no conntrack and no sysctl. The listener itself also answers
/// clients from the same ports, so its packets carry a mark, and the rules let marked packets through. All rules and the route have a
/// routing protocol number, by which they are found again.
/// </summary>
internal static class ReturnRoutes
{
    /// <summary>
    /// The number that marks our rules and route (rtnetlink's protocol field). It is not one of those in /etc/iproute2/rt_protos.
    /// </summary>
    public const int Protocol = 233;

    /// <summary>The routing table. Its only route makes every address local.</summary>
    public const int Table = 233;

    /// <summary>The route.</summary>
    public static string Route { get; } = $"local default dev lo table {Table} proto {Protocol}";

    // After the kernel's rule for local addresses (0), before the rule for table main (32766).
    private const int FirstPreference = 2330;

    /// <summary>The rules of one family with their preferences, in a form that <c>ip rule</c> both prints and reads.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="family">The family.</param>
    public static IReadOnlyList<(int Preference, string Rule)> Rules(RedirectPlan plan, AddressFamily family)
    {
        var diversions = plan.Diversions.Where(diversion => diversion.ReplyPorts.Count > 0 && diversion.Takes(family)).ToList();
        if (diversions.Count == 0)
        {
            return [];
        }

        var letThrough = diversions
            .Where(diversion => diversion.Mode == InterceptMode.TProxy)
            .Select(diversion => $"from all fwmark 0x{diversion.Mark:x}")
            .Concat(
                diversions
                    .SelectMany(diversion => diversion.ExcludedNetworks)
                    .Where(network => network.BaseAddress.AddressFamily == family)
                    .Select(network => $"from all to {ToText(network)} iif lo"))
            .Distinct()
            .ToList();
        var turned = PortRanges
            .Join(diversions.SelectMany(diversion => diversion.ReplyPorts))
            .Select(range => $"from all iif lo ipproto tcp sport {range} lookup {Table}");
        // "goto" jumps behind our rules and not directly to table main, so that rules of others (several networks, VPNs) still apply.
        var end = FirstPreference + letThrough.Count + turned.Count();
        return
        [
            .. letThrough
                .Select(rule => $"{rule} goto {end}")
                .Concat(turned)
                .Append("from all nop")
                .Select((rule, i) => (FirstPreference + i, $"{rule} proto {Protocol}")),
        ];
    }

    /// <summary>
    /// Input for <c>ip -batch -</c> that changes our present rules to the wanted rules, and touches no other rules; empty if they are
    /// equal.
    /// </summary>
    /// <param name="wanted">The rules from <see cref="Rules"/>.</param>
    /// <param name="shown">What <c>ip rule show</c> printed.</param>
    public static string Change(IReadOnlyList<(int Preference, string Rule)> wanted, string shown)
    {
        var present = Own(shown).ToList();
        return string.Concat(present.Except(wanted).Select(rule => $"rule del pref {rule.Preference} {rule.Rule}\n")
            .Concat(wanted.Except(present).Select(rule => $"rule add pref {rule.Preference} {rule.Rule}\n")));
    }

    /// <summary>Installs the wanted rules of a family, and the route that they need, and removes our other rules.</summary>
    /// <param name="family">The family.</param>
    /// <param name="wanted">The rules from <see cref="Rules"/>.</param>
    /// <param name="shown">What <c>ip rule show</c> printed.</param>
    /// <exception cref="RedirectException">ip failed.</exception>
    public static async Task BringAsync(AddressFamily family, IReadOnlyList<(int Preference, string Rule)> wanted, string shown)
    {
        var ip = HostProgram.IpOption(family);
        var change = Change(wanted, shown);
        var script = wanted.Count > 0 ? $"route replace {Route}\n" + change : change;
        if (script.Length > 0)
        {
            await HostProgram.RunAsync("ip", [ip, "-batch", "-"], script);
        }
        // A failure is ignored, because the route may be gone already: switching IPv6 off removes routes, but not rules.
        if (wanted.Count == 0 && change.Length > 0)
        {
            await HostProgram.TryRunAsync("ip", [ip, "route", "flush", "table", $"{Table}", "proto", $"{Protocol}"]);
        }
    }

    /// <summary>Our rules in the output of <c>ip rule show</c>.</summary>
    /// <param name="shown">The output.</param>
    public static IEnumerable<(int Preference, string Rule)> Own(string shown) =>
        from line in shown.Split('\n')
        where line.TrimEnd().EndsWith($" proto {Protocol}", StringComparison.Ordinal)
        let colon = line.IndexOf(':')
        select (int.Parse(line.AsSpan(0, colon), null), line[(colon + 1)..].Trim());

    // ip prints no prefix length for a single address.
    private static string ToText(System.Net.IPNetwork network) =>
        network.PrefixLength == (network.BaseAddress.AddressFamily == AddressFamily.InterNetwork ? 32 : 128)
            ? network.BaseAddress.ToString()
            : network.ToString();
}
