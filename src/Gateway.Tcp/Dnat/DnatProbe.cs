using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Gateway.Linux;
using Gateway.Linux.Netfilter;

namespace Gateway.Tcp.Dnat;

/// <summary>
/// Lets a backend see one connection of this process as a client's: its source is rewritten on the way out, as the kernel would leave a
/// forwarded client's alone, and what the backend answers to the client is translated back if it comes to this host. So the path of a Dnat
/// route can be tried without a client, and without a rule of routing. One temporary table, which belongs to the
/// process: it ends with it, however that ends.
/// </summary>
public sealed class DnatProbe : IDisposable
{
    // Before NF_IP_PRI_NAT_SRC, where others masquerade.
    private const int BeforeSourceNat = 99;

    private static int _count;

    private readonly Nftables _nftables;
    private readonly string _table;

    private DnatProbe(Nftables nftables, string table) => (_nftables, _table) = (nftables, table);

    /// <summary>Makes the rule.</summary>
    /// <param name="backend">Where the connection goes.</param>
    /// <param name="localPort">The port that it comes from.</param>
    /// <param name="client">Whom the backend is to see.</param>
    /// <param name="problem">Why there is none; empty if there is.</param>
    /// <returns>The rule until it is disposed, or null.</returns>
    public static DnatProbe? TryStart(IPEndPoint backend, int localPort, IPAddress client, out string problem)
    {
        ArgumentNullException.ThrowIfNull(backend);
        // Without the capability the library may say anything, also nothing.
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
        // The flag: Linux 5.12. Its JSON: nftables 1.1; the library takes both languages.
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
