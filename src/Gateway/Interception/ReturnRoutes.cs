using System.Net.Sockets;
using Gateway.Tcp.Configuration;

namespace Gateway.Interception;

/// <summary>
/// The rules and the route that bring a backend's answers back to us, when we connect to it from the client's address on the client's own
/// host (or pod): an answer leaves from the backend's port for a foreign address, and is delivered here instead. No netfilter, no
/// conntrack, no sysctl. What the listener itself answers to clients comes from the same ports, so it carries a mark and is let through.
/// Everything is marked with a routing protocol number, by which it is found again.
/// </summary>
internal static class ReturnRoutes
{
    /// <summary>Who installed a rule or route (rtnetlink's protocol field): ours. Not one of /etc/iproute2/rt_protos.</summary>
    public const int Protocol = 233;

    /// <summary>The table with the one route "everything is local".</summary>
    public const int Table = 233;

    /// <summary>The route.</summary>
    public static string Route { get; } = $"local default dev lo table {Table} proto {Protocol}";

    // Behind the kernel's own table of local addresses (0), before main (32766).
    private const int FirstPreference = 2330;

    /// <summary>The rules of one family with their preferences, worded both as <c>ip rule</c> prints them and as it reads them.</summary>
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
        // Past our rules, not into table main: rules of others (several networks, VPNs) keep their say.
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
    /// Input for <c>ip -batch -</c> that turns the present rules into the wanted ones and touches no other; empty if they are the same.
    /// </summary>
    /// <param name="wanted">As <see cref="Rules"/> gives them.</param>
    /// <param name="shown">What <c>ip rule show</c> printed.</param>
    public static string Change(IReadOnlyList<(int Preference, string Rule)> wanted, string shown)
    {
        var present = Own(shown).ToList();
        return string.Concat(present.Except(wanted).Select(rule => $"rule del pref {rule.Preference} {rule.Rule}\n")
            .Concat(wanted.Except(present).Select(rule => $"rule add pref {rule.Preference} {rule.Rule}\n")));
    }

    /// <summary>Makes a family's rules, and the route that they need, the wanted ones.</summary>
    /// <param name="family">The family.</param>
    /// <param name="wanted">As <see cref="Rules"/> gives them.</param>
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
        // It may be gone already: switching IPv6 off takes the routes, and leaves the rules.
        if (wanted.Count == 0 && change.Length > 0)
        {
            await HostProgram.TryRunAsync("ip", [ip, "route", "flush", "table", $"{Table}", "proto", $"{Protocol}"]);
        }
    }

    /// <summary>Our rules among those that <c>ip rule show</c> printed.</summary>
    /// <param name="shown">What it printed.</param>
    public static IEnumerable<(int Preference, string Rule)> Own(string shown) =>
        from line in shown.Split('\n')
        where line.TrimEnd().EndsWith($" proto {Protocol}", StringComparison.Ordinal)
        let colon = line.IndexOf(':')
        select (int.Parse(line.AsSpan(0, colon), null), line[(colon + 1)..].Trim());

    // ip prints no length for a single address.
    private static string ToText(System.Net.IPNetwork network) =>
        network.PrefixLength == (network.BaseAddress.AddressFamily == AddressFamily.InterNetwork ? 32 : 128)
            ? network.BaseAddress.ToString()
            : network.ToString();
}
