using System.Net.Sockets;
using Gateway.Linux.Netfilter;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Routing;

namespace Gateway.Tcp.Dnat;

/// <summary>Finds at start, and before a reload, what forwarding by the kernel would otherwise fail at without a word.</summary>
internal static class DnatRequirements
{
    // A router ignores router advertisements, and with them goes the default route of a host that lives by them (ip-sysctl.rst, accept_ra).
    private const string RouterFirst =
        "where addresses or the default route come from router advertisements, first sysctl -w net.ipv6.conf.IF.accept_ra=2; then ";

    /// <summary>The families that a route cannot do without, each of which the kernel does not forward, with the cure.</summary>
    public static IEnumerable<Finding> MissingSwitches(DnatModel model, Func<AddressFamily, bool> isForwarding)
    {
        foreach (var (listener, routes) in model.Listeners)
        {
            foreach (var route in routes.Routes.Where(DnatModel.IsDnat))
            {
                var needed = listener.Families.Where(family => Needs(route, family)).ToList();
                // A name may have addresses of either family: one that is forwarded is enough then.
                var off = needed.Count > 0 ? needed.Where(family => !isForwarding(family))
                    : listener.Families.Any(isForwarding) ? []
                    : listener.Families;
                foreach (var family in off)
                {
                    var name = ForwardingSwitches.NameOf(family);
                    var first = family == AddressFamily.InterNetworkV6 ? RouterFirst : "";
                    yield return new Finding(
                        $"TcpProxy:Routes:{route.Name}:SourceIp:Mode",
                        $"Dnat needs {name} = 1 here, and it is off: {first}sysctl -w {name}=1 "
                            + $"(for good: a file in /etc/sysctl.d; Docker: --sysctl {name}=1; "
                            + "Kubernetes: securityContext.sysctls, or an init container that is privileged)");
                }
            }
        }
    }

    /// <summary>What is missing for a model. Changes nothing.</summary>
    /// <param name="model">The model.</param>
    /// <param name="table">Where its rules would be.</param>
    /// <param name="isTrial">Nothing will be applied: whose the table is does not matter, and its lock is left alone.</param>
    public static IReadOnlyList<Finding> FindMissing(DnatModel model, DnatTable table, bool isTrial)
    {
        if (model.IsEmpty)
        {
            return [];
        }

        var off = MissingSwitches(model, ForwardingSwitches.IsOn).Distinct().ToList();
        if (!table.TryOpen(out var problem))
        {
            return [Explain(model, problem), .. off];
        }

        if (!table.IsPermitted)
        {
            return [Explain(model, new NftResult(false, "", "Operation not permitted")), .. off];
        }

        if (!isTrial && !table.TryLock())
        {
            var taken = $"another gateway of this network namespace has the nftables table {table.Name}: "
                + "give this one a name of its own with TcpProxy:Dnat:Table";
            return [Explain(model, taken), .. off];
        }

        var rules = DnatRuleset.Build(table.Name, model, DnatTargets.Placeholders);
        var check = table.Check(rules.Transaction(table.Name, before: null));
        return check.IsDone ? off : [Explain(model, check), .. off];
    }

    /// <summary>One message for a route, as the operator finds it in the file.</summary>
    public static Finding Explain(DnatModel model, string problem)
    {
        var names = model.Routes.Select(static route => route.Name).Distinct().ToList();
        var more = names.Count > 1 ? $" (and of {names.Count - 1} more)" : "";
        return new Finding($"TcpProxy:Routes:{names[0]}:SourceIp:Mode", $"Dnat{more}: {problem}");
    }

    /// <summary>What a refusal of nftables means.</summary>
    public static Finding Explain(DnatModel model, NftResult refusal) =>
        Explain(
            model,
            refusal.IsDenied
                ? "needs the capability NET_ADMIN in this network namespace, and this process does not have it. Kubernetes: "
                    + "securityContext.capabilities.add: [\"NET_ADMIN\"] (of a "
                    + "container that runs as uid 0); Docker: --cap-add NET_ADMIN; systemd: AmbientCapabilities=CAP_NET_ADMIN"
                : $"the kernel refuses the rules: {refusal.Error}. Needed: nf_tables with nat, fib, numgen and hash for the family inet "
                    + $"(Linux 5.2 or later; "
                    + "modules nft_chain_nat, nft_fib_inet, nft_numgen, nft_hash)");

    private static bool Needs(RouteModel route, AddressFamily family) =>
        route.Cluster.Destinations.Any(destination => destination.Literal is [var literal] && literal.AddressFamily == family);
}
