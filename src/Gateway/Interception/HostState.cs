namespace Gateway.Interception;

/// <summary>The rules that are installed on this host, in the form that the programs print.</summary>
/// <param name="NftTable">Our nftables table; empty: none.</param>
/// <param name="Families">The rules of each address family.</param>
internal sealed record HostState(string NftTable, IReadOnlyList<HostFamilyState> Families)
{
    /// <summary>Whether nothing of ours is installed.</summary>
    public bool IsEmpty => NftTable.Length == 0 && Families.All(family => family.IsEmpty);

    /// <summary>Whether our return rules are installed.</summary>
    public bool HasRules => Families.Any(family => ReturnRoutes.Own(family.Rules).Any());

    /// <summary>Reads the installed rules. A missing program, or a family that the kernel does not have, counts as no rules.</summary>
    public static async Task<HostState> ReadAsync()
    {
        var table = await HostProgram.TryRunAsync("nft", ["list", "table", "inet", NftScript.Table]);
        var families = new List<HostFamilyState>();
        foreach (var family in HostProgram.AllFamilies)
        {
            var ip = HostProgram.IpOption(family);
            families.Add(new HostFamilyState(
                family,
                await OutputAsync(HostProgram.Iptables(family, "-save"), []),
                await OutputAsync("ip", [ip, "rule", "show"]),
                await OutputAsync("ip", [ip, "route", "show", "table", $"{ReturnRoutes.Table}", "proto", $"{ReturnRoutes.Protocol}"])));
        }

        return new HostState(table is { ExitCode: 0 } ? table.Output : "", families);
    }

    /// <summary>Whether the installed rules are those of a plan.</summary>
    public bool Is(RedirectPlan plan) => TurnsAs(plan)
        && (NftTable.Contains($"chain {NftScript.Fingerprint(plan)} ", StringComparison.Ordinal)
            || Families.Any(family => family.Saved.Contains($":{IptablesScript.Fingerprint(plan)} ", StringComparison.Ordinal)));

    /// <summary>Whether the return rules are those of a plan. Every user may list return rules.</summary>
    public bool TurnsAs(RedirectPlan plan) => Families.Where(family => HostProgram.Families.Contains(family.Family))
        .All(family => ReturnRoutes.Change(ReturnRoutes.Rules(plan, family.Family), family.Rules).Length == 0);

    /// <summary>Restores these rules on the host.</summary>
    /// <exception cref="RedirectException">A program failed.</exception>
    public async Task RestoreAsync()
    {
        var now = await ReadAsync();
        if (now.NftTable != NftTable)
        {
            await HostProgram.RunAsync("nft", ["-f", "-"], NftScript.Remove() + NftTable);
        }

        foreach (var (was, present) in Families.Zip(now.Families))
        {
            if (IptablesScript.Restore(was.Saved, present.Saved) is { } script)
            {
                await HostProgram.RunAsync(HostProgram.Iptables(was.Family, "-restore"), ["--noflush", "--wait"], script);
            }

            await ReturnRoutes.BringAsync(was.Family, [.. ReturnRoutes.Own(was.Rules)], present.Rules);
        }
    }

    private static async Task<string> OutputAsync(string program, IReadOnlyList<string> arguments) =>
        await HostProgram.TryRunAsync(program, arguments) is { ExitCode: 0 } result ? result.Output : "";
}
