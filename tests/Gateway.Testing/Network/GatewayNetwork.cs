using System.Net;
using Gateway.Testing.Processes;
using Xunit;

namespace Gateway.Testing.Network;

/// <summary>
/// client – gateway – backend: three namespaces joined by veth pairs, with documentation addresses. The backend's default route is the
/// gateway, which is the one thing that no recipe for transparent mode can do without. Forwarding stays off.
/// </summary>
public sealed class GatewayNetwork : IAsyncDisposable
{
    private static int _count;
    private static string? _missing;
    private readonly string _id = $"gwt{Environment.ProcessId}x{Interlocked.Increment(ref _count)}";

    private GatewayNetwork()
    {
        Client = new($"{_id}c");
        Gateway = new($"{_id}g");
        Backend = new($"{_id}b");
    }

    /// <summary>Where clients are.</summary>
    public NetworkNamespace Client { get; }

    /// <summary>Where the gateway is.</summary>
    public NetworkNamespace Gateway { get; }

    /// <summary>Where backends are.</summary>
    public NetworkNamespace Backend { get; }

    /// <summary>192.0.2.10; .11 to .19 are the client's too.</summary>
    public static IPAddress ClientV4 { get; } = IPAddress.Parse("192.0.2.10");

    /// <summary>2001:db8:c::10; ::11 to ::13 are the client's too.</summary>
    public static IPAddress ClientV6 { get; } = IPAddress.Parse("2001:db8:c::10");

    /// <summary>The gateway's address on the client's side.</summary>
    public static IPAddress GatewayV4 { get; } = IPAddress.Parse("192.0.2.1");

    /// <summary>The gateway's address on the client's side.</summary>
    public static IPAddress GatewayV6 { get; } = IPAddress.Parse("2001:db8:c::1");

    /// <summary>The gateway's address on the backend's side.</summary>
    public static IPAddress GatewayInnerV4 { get; } = IPAddress.Parse("198.51.100.1");

    /// <summary>The backend's address.</summary>
    public static IPAddress BackendV4 { get; } = IPAddress.Parse("198.51.100.10");

    /// <summary>The backend's address.</summary>
    public static IPAddress BackendV6 { get; } = IPAddress.Parse("2001:db8:b::10");

    /// <summary>Another address of the backend's host, for a second backend.</summary>
    public static IPAddress SecondBackendV4 { get; } = IPAddress.Parse("198.51.100.11");

    /// <summary>Another address of the backend's host, for a second backend.</summary>
    public static IPAddress SecondBackendV6 { get; } = IPAddress.Parse("2001:db8:b::11");

    /// <summary>Makes the network, or skips the test with the reason why it cannot.</summary>
    public static async Task<GatewayNetwork> CreateAsync()
    {
        Peers.DebianPeer.Require("ip");
        Peers.DebianPeer.Require("nsenter");
        if (_missing is not null)
        {
            Assert.Skip(_missing);
        }

        await RemoveLeftoversAsync().ConfigureAwait(false);
        var network = new GatewayNetwork();
        var added = await ProcessRunner.RunAsync(["ip", "netns", "add", network.Client.Name]).ConfigureAwait(false);
        if (added.ExitCode != 0)
        {
            _missing = $"network namespaces need CAP_SYS_ADMIN and CAP_NET_ADMIN: {added.Output.Trim()}";
            Assert.Skip(_missing);
        }

        await network.BuildAsync().ConfigureAwait(false);
        return network;
    }

    /// <summary>Return path A: netfilter marks what belongs to a transparent socket.</summary>
    public async Task ReturnByNftAsync()
    {
        Peers.DebianPeer.Require("nft");
        await InGatewayAsync("nft", "add table inet gw; add chain inet gw pre { type filter hook prerouting priority mangle; }; "
            + "add rule inet gw pre meta l4proto tcp socket transparent 1 meta mark set 1 accept").ConfigureAwait(false);
        await InGatewayAsync("ip", "rule", "add", "fwmark", "1", "lookup", "100").ConfigureAwait(false);
        await InGatewayAsync("ip", "-6", "rule", "add", "fwmark", "1", "lookup", "100").ConfigureAwait(false);
        await AddLocalRoutesAsync().ConfigureAwait(false);
    }

    /// <summary>Return path C: no netfilter; everything from the backend's side with this source port is for us.</summary>
    public async Task ReturnByRuleAsync(int backendPort)
    {
        foreach (var family in new[] { "-4", "-6" })
        {
            await InGatewayAsync("ip", family, "rule", "add", "iif", "gb", "ipproto", "tcp", "sport", $"{backendPort}", "lookup", "100").ConfigureAwait(false);
        }

        await AddLocalRoutesAsync().ConfigureAwait(false);
    }

    /// <summary>Lets the gateway's host forward packets.</summary>
    public async Task ForwardAsync()
    {
        await InGatewayAsync("sysctl", "-qw", "net.ipv4.ip_forward=1").ConfigureAwait(false);
        await InGatewayAsync("sysctl", "-qw", "net.ipv6.conf.all.forwarding=1").ConfigureAwait(false);
    }

    /// <summary>Runs nft on the gateway's host, and gives what it printed.</summary>
    public async Task<string> NftAsync(params string[] arguments)
    {
        var nft = Peers.DebianPeer.Require("nft");
        return (await ProcessRunner.RunAsync([.. Gateway.CommandPrefix, nft, .. arguments]).ConfigureAwait(false)).RequireSuccess().StandardOutput;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (var space in new[] { Client, Gateway, Backend })
        {
            await ProcessRunner.RunAsync(["ip", "netns", "del", space.Name]).ConfigureAwait(false);
        }
    }

    /// <summary>A test program that was killed could not remove its namespaces: the next one does.</summary>
    private static async Task RemoveLeftoversAsync()
    {
        const string folder = "/run/netns";
        foreach (var name in Directory.Exists(folder) ? Directory.GetFiles(folder, "gwt*x*").Select(f => Path.GetFileName(f)) : [])
        {
            var owner = name[3..name.IndexOf('x', StringComparison.Ordinal)];
            if (!Directory.Exists($"/proc/{owner}"))
            {
                await ProcessRunner.RunAsync(["ip", "netns", "del", name]).ConfigureAwait(false);
            }
        }
    }

    private async Task BuildAsync()
    {
        await BatchAsync(null, $"netns add {Gateway.Name}", $"netns add {Backend.Name}",
            $"link add c0 netns {Client.Name} type veth peer name gc netns {Gateway.Name}",
            $"link add b0 netns {Backend.Name} type veth peer name gb netns {Gateway.Name}").ConfigureAwait(false);
        await BatchAsync(Client, [
            "link set lo up", "link set c0 up",
            .. Enumerable.Range(10, 10).Select(i => $"addr add 192.0.2.{i}/24 dev c0"),
            .. Enumerable.Range(10, 4).Select(i => $"addr add 2001:db8:c::{i}/64 dev c0 nodad"),
            "route add default via 192.0.2.1", "-6 route add default via 2001:db8:c::1",
        ]).ConfigureAwait(false);
        await BatchAsync(Gateway, "link set lo up", "link set gc up", "link set gb up",
            "addr add 192.0.2.1/24 dev gc", "addr add 2001:db8:c::1/64 dev gc nodad",
            "addr add 198.51.100.1/24 dev gb", "addr add 2001:db8:b::1/64 dev gb nodad").ConfigureAwait(false);
        await BatchAsync(Backend, "link set lo up", "link set b0 up",
            "addr add 198.51.100.10/24 dev b0", "addr add 2001:db8:b::10/64 dev b0 nodad",
            "addr add 198.51.100.11/24 dev b0", "addr add 2001:db8:b::11/64 dev b0 nodad",
            "route add default via 198.51.100.1", "-6 route add default via 2001:db8:b::1").ConfigureAwait(false);
    }

    private Task AddLocalRoutesAsync() => BatchAsync(
        Gateway, "route add local 0.0.0.0/0 dev lo table 100", "-6 route add local ::/0 dev lo table 100");

    private static async Task BatchAsync(NetworkNamespace? space, params string[] lines)
    {
        // One "ip -batch" cannot switch the family, so lines that start with -6 go to a second one.
        foreach (var family in lines.GroupBy(l => l.StartsWith("-6 ", StringComparison.Ordinal)))
        {
            var input = string.Join('\n', family.Select(l => family.Key ? l[3..] : l)) + "\n";
            List<string> command = ["ip", .. family.Key ? new[] { "-6" } : [], .. space is null ? Array.Empty<string>() : ["-n", space.Name], "-batch", "-"];
            (await ProcessRunner.RunAsync(command, input: input).ConfigureAwait(false)).RequireSuccess();
        }
    }

    private async Task InGatewayAsync(params string[] command) =>
        (await ProcessRunner.RunAsync([.. Gateway.CommandPrefix, .. command]).ConfigureAwait(false)).RequireSuccess();
}
