using System.Text.Json;
using Gateway.Linux;
using Gateway.Linux.Netfilter;

namespace Gateway.Tcp.Dnat;

/// <summary>Settings of this host that may drop packets which are to be forwarded, although forwarding is on.</summary>
/// <param name="Interfaces">Interfaces from which IPv4 packets are not forwarded.</param>
/// <param name="Chains">
/// Chains of nftables (including those of iptables-nft, but not of legacy iptables) that drop all packets which none of their rules
/// accepts, and that have no rule for translated connections.
/// </param>
public sealed record DnatObstacles(IReadOnlyList<string> Interfaces, IReadOnlyList<NftChain> Chains)
{
    /// <summary>Looks for obstacles. Without the right or the library, chains cannot be seen.</summary>
    public static DnatObstacles Find()
    {
        if (!ProcessRights.Read().NetAdmin || !Nftables.TryOpen(out var nftables, out _))
        {
            return new DnatObstacles(ForwardingSwitches.InterfacesOff(), []);
        }

        using (nftables)
        {
            return Find(nftables.Run);
        }
    }

    /// <summary>Looks for obstacles through nftables that is open already.</summary>
    internal static DnatObstacles Find(Func<string, NftResult> run)
    {
        var answer = run(NftCommands.ListChains());
        return new DnatObstacles(
            ForwardingSwitches.InterfacesOff(),
            answer.IsDone
                ?
                [
                    .. FindDropping(answer.Output)
                        .Where(chain =>
                            run(NftCommands.ListChain(chain)) is not { IsDone: true } rules || !LetsTranslatedPass(rules.Output)),
                ]
                : []);
    }

    /// <summary>Describes the obstacles, for the log.</summary>
    internal string Describe()
    {
        List<string> all =
        [
            .. Interfaces.Select(static name => $"{ForwardingSwitches.NameOf(name)} is 0"),
            .. Chains.Select(static chain => $"the chain {chain} drops what none of its rules accepts"),
        ];
        return all.Count == 0 ? "a rule of a forward chain, or no route to it" : string.Join("; ", all);
    }

    /// <summary>The forward chains with the policy drop, in nftables' answer to "list chains".</summary>
    internal static IEnumerable<NftChain> FindDropping(string json)
    {
        using var document = JsonDocument.Parse(json);
        return
        [
            .. NftAnswer.ObjectsOf(document, "chain")
                .Where(static chain =>
                    Is(chain, "hook", "forward")
                    && Is(chain, "policy", "drop")
                    && (Is(chain, "family", "ip") || Is(chain, "family", "ip6") || Is(chain, "family", "inet")))
                .Select(static chain => new NftChain(
                    chain.GetProperty("family").GetString()!,
                    chain.GetProperty("table").GetString()!,
                    chain.GetProperty("name").GetString()!)),
        ];
    }

    /// <summary>Whether a rule of a chain accepts connections whose destination was rewritten, with no other condition.</summary>
    internal static bool LetsTranslatedPass(string json)
    {
        using var document = JsonDocument.Parse(json);
        return NftAnswer.ObjectsOf(document, "rule")
            .Select(static rule => rule.GetProperty("expr"))
            .Any(static statements =>
                statements.EnumerateArray().Count(static statement => statement.TryGetProperty("match", out _)) == 1
                && statements.GetRawText() is var text
                && text.Contains("\"status\"", StringComparison.Ordinal)
                && text.Contains("\"dnat\"", StringComparison.Ordinal)
                && text.Contains("\"accept\"", StringComparison.Ordinal));
    }

    private static bool Is(JsonElement element, string member, string value) =>
        element.TryGetProperty(member, out var found) && found.ValueEquals(value);
}
