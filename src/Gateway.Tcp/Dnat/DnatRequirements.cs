using System.Net.Sockets;
using Gateway.Linux.Netfilter;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Routing;

namespace Gateway.Tcp.Dnat;

/// <summary>
/// Finds at start, and before a reload, what forwarding by the kernel needs and this host lacks. Without these checks, forwarding would
/// fail without an error.
/// </summary>
internal static class DnatRequirements
{
    // With forwarding on, the kernel ignores router advertisements, and a host that has its default route from them loses this route
    // (ip-sysctl.rst, accept_ra).
    private const string RouterFirst =
        "where addresses or the default route come from router advertisements, first sysctl -w net.ipv6.conf.IF.accept_ra=2; then ";

    /// <summary>For each route the families that it needs and that the kernel does not forward, with the cure.</summary>
    public static IEnumerable<Finding> MissingSwitches(DnatModel model, Func<AddressFamily, bool> isForwarding)
    {
        foreach (var (listener, routes) in model.Listeners)
        {
            foreach (var route in routes.Routes.Where(DnatModel.IsDnat))
            {
                var needed = listener.Families.Where(family => Needs(route, family)).ToList();
                // A name may have addresses of both families, so one family that is forwarded is enough.
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

    /// <summary>Finds what is missing for a model. Changes nothing in the kernel.</summary>
    /// <param name="model">The model.</param>
    /// <param name="table">The table for its rules.</param>
    /// <param name="isTrial">True: nothing will be applied, so the table may belong to another gateway, and its lock is not taken.</param>
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

    /// <summary>One message with the key path of the first Dnat route, so that the operator finds it in the file.</summary>
    public static Finding Explain(DnatModel model, string problem)
    {
        var names = model.Routes.Select(static route => route.Name).Distinct().ToList();
        var more = names.Count > 1 ? $" (and of {names.Count - 1} more)" : "";
        return new Finding($"TcpProxy:Routes:{names[0]}:SourceIp:Mode", $"Dnat{more}: {problem}");
    }

    /// <summary>Explains a refusal of nftables.</summary>
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
