using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Gateway.Linux;
using Gateway.Linux.Netfilter;

namespace Gateway.Tcp.Dnat;

/// <summary>
/// Makes one connection of this process look like a client's connection to a backend. The kernel rewrites the source address on the way out
/// to a client's address. If the backend's answer to the client comes to this host, the kernel translates it back. So the path of a Dnat
/// route can be tested without a client, and without a routing rule. The rule is in a temporary table that belongs to the process, so the
/// kernel removes it when the process ends, for whatever reason.
/// </summary>
public sealed class DnatProbe : IDisposable
{
    // Before NF_IP_PRI_NAT_SRC, where other tables masquerade.
    private const int BeforeSourceNat = 99;

    private static int _count;

    private readonly Nftables _nftables;
    private readonly string _table;

    private DnatProbe(Nftables nftables, string table) => (_nftables, _table) = (nftables, table);

    /// <summary>Makes the rule.</summary>
    /// <param name="backend">The destination of the connection.</param>
    /// <param name="localPort">The source port of the connection.</param>
    /// <param name="client">The client's address that the backend is to see.</param>
    /// <param name="problem">Why there is no rule; empty on success.</param>
    /// <returns>The rule, which lasts until it is disposed; or null.</returns>
    public static DnatProbe? TryStart(IPEndPoint backend, int localPort, IPAddress client, out string problem)
    {
        ArgumentNullException.ThrowIfNull(backend);
        // Checked first, because without the capability the library's error is arbitrary, or missing.
        problem = "rewriting an address needs NET_ADMIN";
        if (!ProcessRights.Read().NetAdmin || !Nftables.TryOpen(out var nftables, out problem))
        {
            return null;
        }

        var table = string.Create(
            CultureInfo.InvariantCulture,
            $"gateway_probe_{Environment.ProcessId}_{Interlocked.Increment(ref _count)}");
        var ip = backend.AddressFamily == AddressFamily.InterNetwork ? "ip" : "ip6";
        var rules = string.Create(
            CultureInfo.InvariantCulture,
            $$"""
            add chain inet {{table}} out { type nat hook postrouting priority {{BeforeSourceNat}}; policy accept; }
            add rule inet {{table}} out {{ip}} daddr {{backend.Address}} tcp dport {{backend.Port}} tcp sport {{localPort}} snat {{ip}} to {{client}}

            """);
        // The flag "owner" needs Linux 5.12. JSON has this flag since nftables 1.1 only, so these commands are in nft's own language, which
        // the library takes too.
        var result = nftables.Run($"add table inet {table} {{ flags owner; }}\n{rules}");
        if (!result.IsDone)
        {
            result = nftables.Run($"add table inet {table}\n{rules}");
        }

        if (result.IsDone)
        {
            return new DnatProbe(nftables, table);
        }

        nftables.Dispose();
        problem = result.Error;
        return null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ = _nftables.Run(new NftCommands(_table).DeleteTable().ToJson());
        _nftables.Dispose();
    }
}
