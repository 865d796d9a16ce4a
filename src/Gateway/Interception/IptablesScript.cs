using System.Net.Sockets;
using System.Text;
using Gateway.Configuration;
using Gateway.Tcp.Configuration;

namespace Gateway.Interception;

/// <summary>
/// Writes a plan as input for <c>iptables-restore --noflush</c>: chains of our own, and a jump to them from a built-in chain. Each table
/// changes in one transaction.
/// </summary>
internal static class IptablesScript
{
    /// <summary>The beginning of the names of our chains.</summary>
    public const string ChainPrefix = "GWREDIR-";

    /// <summary>The tables that hold our chains.</summary>
    public static IReadOnlyList<string> Tables { get; } = ["mangle", "nat"];

    private static readonly (string Table, string BuiltIn, string Chain, InterceptMode Mode, CaptureDirection Direction)[] Hooks =
    [
        ("mangle", "PREROUTING", ChainPrefix + "TPROXY", InterceptMode.TProxy, CaptureDirection.Inbound),
        ("nat", "PREROUTING", ChainPrefix + "IN", InterceptMode.Redirect, CaptureDirection.Inbound),
        ("nat", "OUTPUT", ChainPrefix + "OUT", InterceptMode.Redirect, CaptureDirection.Outbound),
    ];

    /// <summary>Input for one family's iptables-restore that fills our chains; null if there is nothing to change.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="family">The family.</param>
    /// <param name="saved">
    /// The output of iptables-save. Chains of an earlier plan in it are removed, and jumps in it are not added again.
    /// </param>
    public static string? Install(RedirectPlan plan, AddressFamily family, string saved)
    {
        var script = new StringBuilder();
        foreach (var table in Tables)
        {
            var (chains, rules) = (new List<string>(), new List<string>());
            foreach (var hook in Hooks.Where(hook => hook.Table == table))
            {
                AddHook(plan, family, hook, chains, rules);
            }

            if (chains.Count > 0)
            {
                chains.Add(Fingerprint(plan));
            }

            var stale = OwnChains(saved, table).Except(chains).ToList();
            if (chains.Count == 0 && stale.Count == 0)
            {
                continue;
            }

            var jumps = Hooks
                .Where(hook => hook.Table == table)
                .Select(hook => (hook.Chain, Jump: $"{hook.BuiltIn} -j {hook.Chain}"))
                .ToList();
            var present = OwnJumps(saved, table).ToList();
            script.Append($"*{table}\n");
            // A line with a chain's name creates the chain, or empties it.
            script.AppendJoin("", chains.Concat(stale).Select(chain => $":{chain} - [0:0]\n"));
            script.AppendJoin("", rules.Select(rule => $"{rule}\n"));
            script.AppendJoin(
                "",
                jumps.Where(jump => chains.Contains(jump.Chain) && !present.Contains(jump.Jump)).Select(jump => $"-A {jump.Jump}\n"));
            script.AppendJoin(
                "",
                jumps.Where(jump => stale.Contains(jump.Chain) && present.Contains(jump.Jump)).Select(jump => $"-D {jump.Jump}\n"));
            script.AppendJoin("", stale.Select(chain => $"-X {chain}\n"));
            script.Append("COMMIT\n");
        }

        return script.Length == 0 ? null : script.ToString();
    }

    /// <summary>Shell commands that remove our chains and jumps, if they exist.</summary>
    public static string RemoveByShell { get; } = $$"""
        for program in iptables ip6tables; do
          command -v $program-save >/dev/null || continue
          for table in {{string.Join(' ', Tables)}}; do
            saved=$($program-save -t $table 2>/dev/null || :)
            printf '%s\n' "$saved" | sed -n '/^-A {{ChainPrefix}}/d; s/^-A \(.* -j {{ChainPrefix}}.*\)/\1/p' | while read -r jump; do $program -t $table -D $jump; done
            chains=$(printf '%s\n' "$saved" | sed -n 's/^:\({{ChainPrefix}}[^ ]*\).*/\1/p')
            for chain in $chains; do $program -t $table -F $chain; done
            for chain in $chains; do $program -t $table -X $chain; done
          done
        done

        """;

    /// <summary>The name of an empty chain that tells which plan is installed.</summary>
    public static string Fingerprint(RedirectPlan plan) => $"{ChainPrefix}P-{plan.Fingerprint}";

    /// <summary>Input for iptables-restore that restores our earlier chains; null if they have not changed.</summary>
    /// <param name="was">The earlier output of iptables-save.</param>
    /// <param name="now">The output of iptables-save now.</param>
    public static string? Restore(string was, string now)
    {
        var script = new StringBuilder();
        foreach (var table in Tables)
        {
            var (before, present) = (OwnLines(was, table).ToList(), OwnLines(now, table).ToList());
            if (before.SequenceEqual(present))
            {
                continue;
            }

            var chains = OwnChains(was, table).ToList();
            var stale = OwnChains(now, table).Except(chains).ToList();
            var (jumps, jumpsNow) = (OwnJumps(was, table).ToList(), OwnJumps(now, table).ToList());
            script.Append($"*{table}\n");
            script.AppendJoin("", chains.Concat(stale).Select(chain => $":{chain} - [0:0]\n"));
            script.AppendJoin(
                "",
                before.Where(line => line.StartsWith("-A " + ChainPrefix, StringComparison.Ordinal)).Select(line => $"{line}\n"));
            script.AppendJoin("", jumps.Except(jumpsNow).Select(jump => $"-A {jump}\n"));
            script.AppendJoin("", jumpsNow.Except(jumps).Select(jump => $"-D {jump}\n"));
            script.AppendJoin("", stale.Select(chain => $"-X {chain}\n"));
            script.Append("COMMIT\n");
        }

        return script.Length == 0 ? null : script.ToString();
    }

    /// <summary>Input for iptables-restore that removes our chains and jumps; null if there are none.</summary>
    /// <param name="saved">The output of iptables-save.</param>
    public static string? Remove(string saved) => Install(new RedirectPlan([]), AddressFamily.InterNetwork, saved);

    private static void AddHook(
        RedirectPlan plan,
        AddressFamily family,
        (string Table, string BuiltIn, string Chain, InterceptMode Mode, CaptureDirection Direction) hook,
        List<string> chains,
        List<string> rules)
    {
        var diversions = plan
            .Diversions.Where(diversion => diversion.Mode == hook.Mode && diversion.Direction == hook.Direction && diversion.Takes(family))
            .ToList();
        if (diversions.Count == 0)
        {
            return;
        }

        chains.Add(hook.Chain);
        for (var i = 0; i < diversions.Count; i++)
        {
            // Each listener has its own chain: a RETURN for packets that one listener does not divert must not skip the next listener. The
            // chain has a number, because names of listeners can be too long for a chain (28 characters).
            var chain = $"{hook.Chain}-{i}";
            chains.Add(chain);
            rules.AddRange(
                DiversionRule
                    .For(diversions[i])
                    .Where(rule => rule.Family is null || rule.Family == family)
                    .Select(rule => $"-A {chain} {rule.Iptables}"));
            rules.Add($"-A {hook.Chain} -j {chain}");
        }
    }

    // Our chains and rules. The counters of the chains are left out.
    private static IEnumerable<string> OwnLines(string saved, string table) =>
        LinesOf(saved, table)
            .Where(line => line.Contains(ChainPrefix, StringComparison.Ordinal))
            .Select(line => line.StartsWith(':') ? line.Split(' ')[0] : line);

    private static IEnumerable<string> OwnChains(string saved, string table) =>
        LinesOf(saved, table)
            .Where(line => line.StartsWith(':' + ChainPrefix, StringComparison.Ordinal))
            .Select(line => line[1..].Split(' ')[0]);

    private static IEnumerable<string> OwnJumps(string saved, string table) =>
        LinesOf(saved, table)
            .Where(line =>
                line.StartsWith("-A ", StringComparison.Ordinal)
                && !line.StartsWith("-A " + ChainPrefix, StringComparison.Ordinal)
                && line.Contains(" -j " + ChainPrefix, StringComparison.Ordinal))
            .Select(line => line[3..]);

    private static IEnumerable<string> LinesOf(string saved, string table) =>
        saved.Split('\n').SkipWhile(line => line != $"*{table}").TakeWhile(line => line != "COMMIT");
}
