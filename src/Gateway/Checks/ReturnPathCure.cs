using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Gateway.Interception;
using Gateway.Linux;

namespace Gateway.Checks;

/// <summary>The cure if the answers of a transparent route's backend do not come back.</summary>
internal static class ReturnPathCure
{
    /// <summary>The commands that divert a backend's answers to this host's sockets, and the present routing rules.</summary>
    /// <param name="target">The destination.</param>
    /// <param name="backend">The address whose answers do not come back.</param>
    public static async Task<string> ForAsync(BackendTarget target, IPEndPoint backend)
    {
        if (target.Loopback is not null)
        {
            return "Gateway redirect apply --config FILE (docs/intercept.md, How it works)";
        }

        var isV4 = backend.AddressFamily == AddressFamily.InterNetwork;
        var (ip, everything) = isV4 ? ("ip", "0.0.0.0/0") : ("ip -6", "::/0");
        var port = backend.Port.ToString(CultureInfo.InvariantCulture);
        var rule =
            IPAddress.IsLoopback(backend.Address)
                ? $"{ip} rule add from {(isV4 ? "127.0.0.1/8" : "::1/128")} iif lo table 123; {ip} route add local {everything} dev lo "
                    + "table 123"
            : OwnAddress.Contains(backend.Address) == true
                ? $"{ip} rule add from {backend.Address} ipproto tcp sport {port} iif lo lookup 133; {ip} route add local {everything} "
                    + $"dev lo table 133 (and a default route)"
            : $"{ip} rule add iif {InterfaceTo(backend)} ipproto tcp sport {port} lookup 100; {ip} route add local {everything} dev lo "
                + $"table 100; "
                + "and on the backend a route to the clients through this host; in a cloud: the source/destination check off";
        return $"{rule} (docs/transparent.md, The return path). "
            + $"{await RulesAsync(isV4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6)}";
    }

    // The rules show whether nothing was set up on this host; if something was, the backend's routes are the probable cause.
    private static async Task<string> RulesAsync(AddressFamily family)
    {
        var shown = await HostProgram.TryRunAsync("ip", [HostProgram.IpOption(family), "rule", "show"]);
        if (shown is not { ExitCode: 0 })
        {
            return "The rules of this host could not be listed";
        }

        var own = shown
            .Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim())
            .Where(rule => rule is not ("from all lookup local" or "from all lookup main" or "from all lookup default"))
            .ToList();
        return own.Count == 0 ? "This host has no rules of its own (ip rule)" : $"Rules of this host: {string.Join("; ", own)}";
    }

    private static string InterfaceTo(IPEndPoint backend)
    {
        try
        {
            // Connecting a UDP socket sends nothing, but the kernel chooses the local address and so shows the interface.
            using var socket = new Socket(backend.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(backend);
            var local = ((IPEndPoint)socket.LocalEndPoint!).Address;
            return NetworkInterface
                    .GetAllNetworkInterfaces()
                    .FirstOrDefault(card => card.GetIPProperties().UnicastAddresses.Any(address => address.Address.Equals(local)))
                    ?.Name
                ?? "IF";
        }
        catch (Exception problem) when (problem is SocketException or NetworkInformationException)
        {
            return "IF";
        }
    }
}
