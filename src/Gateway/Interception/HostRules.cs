using System.Net.Sockets;

namespace Gateway.Interception;

/// <summary>Changes the rules of this network namespace to those of a plan. Rules of others are never touched.</summary>
internal static class HostRules
{
    /// <summary>Installs a plan and replaces an earlier plan, or changes nothing.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="useIptables">Whether to use iptables instead of nftables.</param>
    /// <exception cref="RedirectException">A program is missing or failed: the earlier rules were restored.</exception>
    public static async Task ApplyAsync(RedirectPlan plan, bool useIptables)
    {
        var before = await HostState.ReadAsync();
        await RehearseAsync(plan, useIptables, before);
        try
        {
            await ChangeAsync(plan, useIptables);
        }
        catch (RedirectException problem)
        {
            // The earlier rules are restored, because return rules without diversion rules would take the application's answers away from
            // its clients.
            await RestoreAsync(before, problem);
            throw new RedirectException($"{problem.Message}; nothing has changed: what was there before is there again");
        }
    }

    /// <summary>Removes all our rules, by nftables and iptables; also those of IPv6 if IPv6 was switched off meanwhile.</summary>
    /// <exception cref="RedirectException">A program failed.</exception>
    public static async Task RemoveAsync()
    {
        await RemoveNftAsync();
        await IptablesAsync((_, saved) => IptablesScript.Remove(saved), isRequired: false);
        await RouteAsync(new RedirectPlan([]));
    }

    /// <summary>Our rules that are installed now, line by line; empty: none.</summary>
    public static async Task<IReadOnlyList<string>> DescribeAsync()
    {
        var state = await HostState.ReadAsync();
        return
        [
            .. state.NftTable.Split('\n', StringSplitOptions.RemoveEmptyEntries),
            .. state.Families.SelectMany(family => family.Describe()),
        ];
    }

    // Tests the plan without changing anything: whether the programs are installed, and whether netfilter accepts the rules. "ip rule" has
    // no such test.
    private static async Task RehearseAsync(RedirectPlan plan, bool useIptables, HostState before)
    {
        await HostProgram.RunAsync("ip", ["rule", "show"]);
        if (!useIptables)
        {
            await HostProgram.RunAsync("nft", ["-c", "-f", "-"], NftScript.Install(plan));
            return;
        }

        foreach (var state in before.Families.Where(state => HostProgram.Families.Contains(state.Family)))
        {
            if (IptablesScript.Install(plan, state.Family, state.Saved) is { } script)
            {
                await HostProgram.RunAsync(HostProgram.Iptables(state.Family, "-restore"), ["--test", "--noflush", "--wait"], script);
            }
        }
    }

    private static async Task ChangeAsync(RedirectPlan plan, bool useIptables)
    {
        // First the return rules, then the diversion rules, so that no answer gets lost in between.
        await RouteAsync(plan);
        if (useIptables)
        {
            await IptablesAsync(
                (family, saved) =>
                    HostProgram.Families.Contains(family) ? IptablesScript.Install(plan, family, saved) : IptablesScript.Remove(saved),
                isRequired: true);
            await RemoveNftAsync();
            return;
        }

        await HostProgram.RunAsync("nft", ["-f", "-"], NftScript.Install(plan));
        await IptablesAsync((_, saved) => IptablesScript.Remove(saved), isRequired: false);
    }

    private static async Task RestoreAsync(HostState before, RedirectException problem)
    {
        try
        {
            await before.RestoreAsync();
        }
        catch (RedirectException second)
        {
            throw new RedirectException(
                $"{problem.Message}; and what was there before could not be restored: {second.Message}. \"redirect remove\" removes all "
                    + $"of it");
        }
    }

    private static async Task RouteAsync(RedirectPlan plan)
    {
        foreach (var family in HostProgram.AllFamilies)
        {
            // A kernel without IPv6 has no IPv6 rules (EAFNOSUPPORT). If IPv6 was switched off, its rules stay and must be removed.
            var isThere = HostProgram.Families.Contains(family);
            string[] show = [HostProgram.IpOption(family), "rule", "show"];
            if (isThere)
            {
                await ReturnRoutes.BringAsync(family, ReturnRoutes.Rules(plan, family), await HostProgram.RunAsync("ip", show));
            }
            else if (await HostProgram.TryRunAsync("ip", show) is { ExitCode: 0 } shown)
            {
                await ReturnRoutes.BringAsync(family, [], shown.Output);
            }
        }
    }

    private static async Task RemoveNftAsync()
    {
        if (await HostProgram.TryRunAsync("nft", ["list", "table", "inet", NftScript.Table]) is { ExitCode: 0 })
        {
            await HostProgram.RunAsync("nft", ["-f", "-"], NftScript.Remove());
        }
    }

    private static async Task IptablesAsync(Func<AddressFamily, string, string?> scriptFor, bool isRequired)
    {
        foreach (var family in HostProgram.AllFamilies)
        {
            var saved = await HostProgram.TryRunAsync(HostProgram.Iptables(family, "-save"), []);
            if (saved is not { ExitCode: 0 } && !(isRequired && HostProgram.Families.Contains(family)))
            {
                continue;
            }

            if (scriptFor(family, saved?.Output ?? "") is { } script)
            {
                await HostProgram.RunAsync(HostProgram.Iptables(family, "-restore"), ["--noflush", "--wait"], script);
            }
        }
    }
}
