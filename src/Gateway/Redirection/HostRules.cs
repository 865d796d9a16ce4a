using System.Net.Sockets;

namespace Gateway.Redirection;

/// <summary>Brings this host's rules (of this network namespace) in line with a plan. What is not ours is never touched.</summary>
internal static class HostRules
{
    /// <summary>Installs a plan in place of whatever an earlier one left.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="useIptables">iptables instead of nftables.</param>
    /// <exception cref="RedirectException">A program is missing or failed.</exception>
    public static async Task ApplyAsync(RedirectPlan plan, bool useIptables)
    {
        // First the way back, then what is diverted: no answer may get lost in between.
        await RouteAsync(plan);
        if (useIptables)
        {
            await IptablesAsync((family, saved) => IptablesScript.Install(plan, family, saved), isRequired: true);
            await RemoveNftAsync();
            return;
        }

        await HostProgram.RunAsync("nft", ["-f", "-"], NftScript.Install(plan));
        await IptablesAsync((_, saved) => IptablesScript.Remove(saved), isRequired: false);
    }

    /// <summary>Removes everything that is ours, whichever way it was installed.</summary>
    /// <exception cref="RedirectException">A program failed.</exception>
    public static async Task RemoveAsync()
    {
        await RemoveNftAsync();
        await IptablesAsync((_, saved) => IptablesScript.Remove(saved), isRequired: false);
        await RouteAsync(new RedirectPlan([]));
    }

    /// <summary>What of ours is installed now, line by line; empty: nothing.</summary>
    public static async Task<IReadOnlyList<string>> DescribeAsync()
    {
        var lines = new List<string>();
        if (await HostProgram.TryRunAsync("nft", ["list", "table", "inet", NftScript.Table]) is { ExitCode: 0 } table)
            lines.AddRange(table.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        foreach (var family in HostProgram.Families)
        {
            var saved = await HostProgram.TryRunAsync(HostProgram.Iptables(family, "-save"), []);
            lines.AddRange((saved?.Output ?? "").Split('\n').Where(line => line.Contains(IptablesScript.ChainPrefix, StringComparison.Ordinal))
                .Select(line => $"{HostProgram.Iptables(family, "")}: {line}"));
            var ip = HostProgram.IpOption(family);
            var rules = await HostProgram.TryRunAsync("ip", [ip, "rule", "show"]);
            lines.AddRange(ReturnRoutes.Own(rules?.Output ?? "").Select(rule => $"ip {ip} rule: {rule.Preference}: {rule.Rule}"));
            var routes = await HostProgram.TryRunAsync("ip", [ip, "route", "show", "table", $"{ReturnRoutes.Table}", "proto", $"{ReturnRoutes.Protocol}"]);
            lines.AddRange((routes?.Output ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(route => $"ip {ip} route table {ReturnRoutes.Table}: {route.Trim()}"));
        }

        return lines;
    }

    private static async Task RouteAsync(RedirectPlan plan)
    {
        foreach (var family in HostProgram.Families)
        {
            var ip = HostProgram.IpOption(family);
            var wanted = ReturnRoutes.Rules(plan, family);
            var change = ReturnRoutes.Change(wanted, await HostProgram.RunAsync("ip", [ip, "rule", "show"]));
            if (wanted.Count > 0)
                change = $"route replace {ReturnRoutes.Route}\n" + change;
            else if (change.Length > 0)
                change += $"route flush table {ReturnRoutes.Table} proto {ReturnRoutes.Protocol}\n";
            if (change.Length > 0)
                await HostProgram.RunAsync("ip", [ip, "-batch", "-"], change);
        }
    }

    private static async Task RemoveNftAsync()
    {
        if (await HostProgram.TryRunAsync("nft", ["list", "table", "inet", NftScript.Table]) is { ExitCode: 0 })
            await HostProgram.RunAsync("nft", ["-f", "-"], NftScript.Remove());
    }

    private static async Task IptablesAsync(Func<AddressFamily, string, string?> scriptFor, bool isRequired)
    {
        foreach (var family in HostProgram.Families)
        {
            var saved = await HostProgram.TryRunAsync(HostProgram.Iptables(family, "-save"), []);
            if (saved is not { ExitCode: 0 } && !isRequired)
                continue;
            if (scriptFor(family, saved?.Output ?? "") is { } script)
                await HostProgram.RunAsync(HostProgram.Iptables(family, "-restore"), ["--noflush", "--wait"], script);
        }
    }
}
