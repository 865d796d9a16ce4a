using Gateway.Linux.Netfilter;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Dnat;

namespace Gateway.Checks;

/// <summary>
/// Checks for settings of this host that may drop packets of Dnat routes although forwarding is on: the forwarding switch of a single
/// interface, and a firewall's forward chain.
/// </summary>
internal sealed class ForwardingCheck : ICheck
{
    public string Name => "forwarding";

    public Task RunAsync(CheckContext context, CheckFindings findings, CancellationToken cancellation)
    {
        var route = context
            .Snapshot.Tcp.Listeners.Values.SelectMany(listener => listener.Routes)
            .FirstOrDefault(route => route.SourceIp.Mode == SourceIpMode.Dnat);
        if (route is not null)
        {
            Judge($"TcpProxy:Routes:{route.Name}:SourceIp:Mode", DnatObstacles.Find(), findings);
        }

        return Task.CompletedTask;
    }

    /// <summary>Judges the obstacles that were found.</summary>
    internal static void Judge(string where, DnatObstacles obstacles, CheckFindings findings)
    {
        foreach (var name in obstacles.Interfaces)
        {
            var key = ForwardingSwitches.NameOf(name);
            findings.Warn(
                where,
                $"{key} is 0: what arrives on {name}, of clients or of backends, is not forwarded",
                $"sysctl -w {key}=1, if {name} is on the way");
        }

        foreach (var chain in obstacles.Chains)
        {
            findings.Warn(
                where,
                $"the forward chain {chain} drops what none of its rules accepts, and has none for the connections of Dnat routes alone",
                $"nft insert rule {chain} ct status dnat accept (chains of iptables: iptables -I FORWARD -m conntrack --ctstate DNAT -j "
                    + $"ACCEPT)");
        }

        if (obstacles.Interfaces.Count + obstacles.Chains.Count == 0)
        {
            findings.Ok(where, "every interface forwards, and no forward chain drops by default");
        }
    }
}
