using System.Net;
using System.Net.Sockets;
using Gateway.Configuration;
using Gateway.Tcp.Configuration;

namespace Gateway.Interception;

/// <summary>One rule of a diversion's chain in both syntaxes, so that the rules of nftables and iptables cannot differ.</summary>
/// <param name="Family">The rule is only for packets of this family; null: both.</param>
/// <param name="Nft">The rule in the syntax of nftables.</param>
/// <param name="Iptables">The rule in the syntax of iptables and ip6tables.</param>
internal sealed record DiversionRule(AddressFamily? Family, string Nft, string Iptables)
{
    /// <summary>The rules of a diversion in order: first the packets that are not diverted, then the packets that are.</summary>
    /// <param name="diversion">The diversion.</param>
    public static IEnumerable<DiversionRule> For(Diversion diversion) =>
        (diversion.Direction == CaptureDirection.Inbound ? LeftAloneInbound(diversion) : LeftAloneOutbound(diversion)).Concat(
            Diverted(diversion));

    private static IEnumerable<DiversionRule> LeftAloneInbound(Diversion diversion)
    {
        // Not diverted: our own connections to backends on this host, and connections between processes of this host.
        yield return new(null, "iifname \"lo\" accept", "-i lo -j RETURN");
        // Not diverted: packets that this host only forwards.
        yield return new(null, "fib daddr type != local accept", "-m addrtype ! --dst-type LOCAL -j RETURN");
        foreach (var network in diversion.ExcludedNetworks)
        {
            yield return new(network.BaseAddress.AddressFamily, $"{Ip(network)} saddr {network} accept", $"-s {network} -j RETURN");
        }
    }

    private static IEnumerable<DiversionRule> LeftAloneOutbound(Diversion diversion)
    {
        foreach (var mark in diversion.OwnMarks)
        {
            yield return new(null, $"meta mark {mark} accept", $"-m mark --mark {mark} -j RETURN");
        }

        foreach (var uid in diversion.ExcludedUids)
        {
            yield return new(null, $"meta skuid {uid} accept", $"-m owner --uid-owner {uid} -j RETURN");
        }

        yield return new(null, "fib daddr type local accept", "-m addrtype --dst-type LOCAL -j RETURN");
        foreach (var network in diversion.ExcludedNetworks)
        {
            yield return new(network.BaseAddress.AddressFamily, $"{Ip(network)} daddr {network} accept", $"-d {network} -j RETURN");
        }
    }

    private static IEnumerable<DiversionRule> Diverted(Diversion diversion)
    {
        var target = diversion.Target;
        AddressFamily? only = target.IsBothFamilies ? null : target.EndPoint.AddressFamily;
        var (nft, iptables) = Verdict(diversion);
        foreach (var (ports, destinations) in diversion.Traffic)
        {
            foreach (var range in ports)
            {
                if (destinations.Count == 0)
                {
                    var family = only is null ? "" : only == AddressFamily.InterNetwork ? "meta nfproto ipv4 " : "meta nfproto ipv6 ";
                    yield return new(only, $"{family}tcp dport {range} {nft}", $"-p tcp --dport {Ports(range)} {iptables}");
                }

                foreach (var network in destinations.Where(network => only is null || network.BaseAddress.AddressFamily == only))
                {
                    yield return new(
                        network.BaseAddress.AddressFamily,
                        $"{Ip(network)} daddr {network} tcp dport {range} {nft}",
                        $"-d {network} -p tcp --dport {Ports(range)} {iptables}");
                }
            }
        }
    }

    private static (string Nft, string Iptables) Verdict(Diversion diversion)
    {
        var to = diversion.Target.EndPoint;
        if (diversion.Mode == InterceptMode.Redirect)
        {
            return ($"redirect to :{to.Port}", $"-j REDIRECT --to-ports {to.Port}");
        }
        // If the rule has no address, the kernel looks for a listener on the packet's own address or on the wildcard address.
        return ListenAddress.IsAny(to.Address)
            ? ($"tproxy to :{to.Port} accept", $"-j TPROXY --on-port {to.Port} --tproxy-mark 0x0/0x0")
            : (
                $"tproxy {Ip(to.AddressFamily)} to {to} accept",
                $"-j TPROXY --on-ip {to.Address} --on-port {to.Port} --tproxy-mark 0x0/0x0");
    }

    private static string Ip(IPNetwork network) => Ip(network.BaseAddress.AddressFamily);

    private static string Ip(AddressFamily family) => family == AddressFamily.InterNetwork ? "ip" : "ip6";

    private static string Ports(PortRange range) => range.Count == 1 ? $"{range.First}" : $"{range.First}:{range.Last}";
}
