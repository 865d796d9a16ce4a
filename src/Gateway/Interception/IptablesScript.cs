using System.Net.Sockets;
using System.Text;
using Gateway.Configuration;
using Gateway.Tcp.Configuration;

namespace Gateway.Interception;

/// <summary>
/// A plan for <c>iptables-restore --noflush</c>: chains of our own, each table in one transaction, and a jump to them from a built-in
/// chain.
/// </summary>
internal static class IptablesScript
{
    /// <summary>What the names of our chains begin with.</summary>
    public const string ChainPrefix = "GWREDIR-";

    /// <summary>The tables that we have chains in.</summary>
    public static IReadOnlyList<string> Tables { get; } = ["mangle", "nat"];

    private static readonly (string Table, string BuiltIn, string Chain, InterceptMode Mode, CaptureDirection Direction)[] Hooks =
    [
        ("mangle", "PREROUTING", ChainPrefix + "TPROXY", InterceptMode.TProxy, CaptureDirection.Inbound),
        ("nat", "PREROUTING", ChainPrefix + "IN", InterceptMode.Redirect, CaptureDirection.Inbound),
        ("nat", "OUTPUT", ChainPrefix + "OUT", InterceptMode.Redirect, CaptureDirection.Outbound),
    ];

    /// <summary>Input for one family's iptables-restore: fills our chains; null if the plan has nothing for it.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="family">The family.</param>
    /// <param name="saved">
    /// What iptables-save printed: chains of an earlier plan are removed, and a jump that is there is not added again.
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
            // Naming a chain makes it, or empties it.
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

    /// <summary>Shell commands that remove what is ours, if it is there.</summary>
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

    /// <summary>An empty chain whose name says which plan is installed.</summary>
    public static string Fingerprint(RedirectPlan plan) => $"{ChainPrefix}P-{plan.Fingerprint}";

    /// <summary>Input for iptables-restore that makes our chains what they were; null if they are.</summary>
    /// <param name="was">What iptables-save printed then.</param>
    /// <param name="now">What it prints now.</param>
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

    /// <summary>Input for iptables-restore that removes what is ours; null if there is nothing.</summary>
    /// <param name="saved">What iptables-save printed.</param>
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
            // RETURN of what one listener leaves alone must not hide it from the next. Names of listeners are too long for chains (28
            // characters).
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

    // Chains without their counters.
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
