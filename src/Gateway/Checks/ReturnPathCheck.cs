using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Gateway.Linux;
using Gateway.Redirection;
using Gateway.Tcp.Configuration;

namespace Gateway.Checks;

/// <summary>
/// Whether the answers of transparent routes' backends come back. The kernel has no error for a missing return route, only silence, so this connects as a client would be seen: from an address of
/// the route's ClientCidrs, else from one that is kept for documentation (RFC 5737, RFC 3849) and nobody has. Only where a plain connection was accepted: silence then has one reason left.
/// </summary>
internal sealed class ReturnPathCheck : ICheck
{
    // linux/in.h, linux/in6.h, asm-generic/socket.h
    private const int LevelSocket = 1;
    private const int LevelIp = 0;
    private const int LevelIpv6 = 41;
    private const int TransparentV4 = 19;
    private const int TransparentV6 = 75;
    private const int Mark = 36;

    // A plain connect was answered; one that goes the same way needs no longer than that, and one retransmission of the SYN (1 s).
    private static readonly TimeSpan MostPatience = TimeSpan.FromSeconds(3);

    private static readonly IPAddress DocumentationV4 = IPAddress.Parse("203.0.113.1");
    private static readonly IPAddress DocumentationV6 = IPAddress.Parse("2001:db8::1");

    public string Name => "return-path";

    public bool AsksOthers => true;

    public Task RunAsync(CheckContext context, CheckFindings findings, CancellationToken cancellation)
    {
        var probes = from target in context.Targets
                     from user in target.Users
                     where user.SourceIp.Mode == SourceIpMode.Transparent
                     select (target, user);
        return CheckContext.ForEachAsync(
            probes,
            async probe =>
            {
                foreach (var endPoint in (await context.ReachAsync(probe.target, cancellation)).EndPoints)
                    await ProbeAsync(probe.target, probe.user, endPoint, findings, cancellation);
            },
            cancellation);
    }

    private static async Task ProbeAsync(BackendTarget target, BackendUser user, IPEndPoint endPoint, CheckFindings findings, CancellationToken cancellation)
    {
        var where = user.KeyPath;
        var source = SourceFor(user.Clients, endPoint);
        var patience = target.ConnectTimeout < MostPatience ? target.ConnectTimeout : MostPatience;
        try
        {
            var (talk, problem) = await BackendTalk.ConnectAsync(endPoint, patience, socket => BindForeign(socket, source, user.SourceIp.Mark), cancellation);
            using (talk)
            {
                if (talk is not null)
                    findings.Ok(where, $"answers of {endPoint} to {source} come back");
                else
                    findings.Fail(where, $"{endPoint} accepts this host's own connections, but one from {source} {problem}", await CureAsync(endPoint));
            }
        }
        catch (UnauthorizedAccessException)
        {
            findings.Warn(where, $"the way back from {endPoint} was not probed: connecting from {source} is not permitted");
        }
    }

    private static void BindForeign(Socket socket, IPAddress source, int mark)
    {
        var isV4 = socket.AddressFamily == AddressFamily.InterNetwork;
        try
        {
            Set(socket, isV4 ? LevelIp : LevelIpv6, isV4 ? TransparentV4 : TransparentV6, 1);
            if (mark != 0)
                Set(socket, LevelSocket, Mark, mark);
        }
        catch (SocketException problem) when (problem.SocketErrorCode is SocketError.AccessDenied)
        {
            throw new UnauthorizedAccessException(problem.Message, problem);
        }

        socket.Bind(new IPEndPoint(source, 0));
    }

    private static void Set(Socket socket, int level, int name, int value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        socket.SetRawSocketOption(level, name, bytes);
    }

    /// <summary>A client's address: the first host of the first network of the backend's family that is nobody's here.</summary>
    internal static IPAddress SourceFor(IReadOnlyList<IPNetwork> clients, IPEndPoint backend)
    {
        const int MostTries = 8;
        foreach (var network in clients.Where(network => network.BaseAddress.AddressFamily == backend.AddressFamily))
        {
            var bytes = network.BaseAddress.GetAddressBytes();
            for (var i = 0; i < MostTries; i++)
            {
                var candidate = new IPAddress(bytes);
                var isLoopback = IPAddress.IsLoopback(candidate) && IPAddress.IsLoopback(backend.Address);
                var isHost = i > 0 || network.PrefixLength == bytes.Length * 8;
                if (isHost && network.Contains(candidate) && !candidate.Equals(backend.Address) && (isLoopback || OwnAddress.Contains(candidate) == false))
                    return candidate;
                bytes[^1]++;
            }
        }

        return backend.AddressFamily == AddressFamily.InterNetwork ? DocumentationV4 : DocumentationV6;
    }

    private static async Task<string> CureAsync(IPEndPoint backend)
    {
        var isV4 = backend.AddressFamily == AddressFamily.InterNetwork;
        var (ip, everything) = isV4 ? ("ip", "0.0.0.0/0") : ("ip -6", "::/0");
        var port = backend.Port.ToString(CultureInfo.InvariantCulture);
        var rule = IPAddress.IsLoopback(backend.Address)
            ? $"{ip} rule add from {(isV4 ? "127.0.0.1/8" : "::1/128")} iif lo table 123; {ip} route add local {everything} dev lo table 123"
            : OwnAddress.Contains(backend.Address) == true
                ? $"{ip} rule add from {backend.Address} ipproto tcp sport {port} iif lo lookup 133; {ip} route add local {everything} dev lo table 133 (and a default route)"
                : $"{ip} rule add iif {InterfaceTo(backend)} ipproto tcp sport {port} lookup 100; {ip} route add local {everything} dev lo table 100; "
                    + "and on the backend a route to the clients through this host; in a cloud: the source/destination check off";
        return $"{rule} (docs/source-ip.md, The return path). {await RulesAsync(isV4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6)}";
    }

    // Tells "nothing was set up here" from "something was: look at the backend's routes".
    private static async Task<string> RulesAsync(AddressFamily family)
    {
        var shown = await HostProgram.TryRunAsync("ip", [HostProgram.IpOption(family), "rule", "show"]);
        if (shown is not { ExitCode: 0 })
            return "The rules of this host could not be listed";
        var own = shown.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim())
            .Where(rule => rule is not ("from all lookup local" or "from all lookup main" or "from all lookup default")).ToList();
        return own.Count == 0 ? "This host has no rules of its own (ip rule)" : $"Rules of this host: {string.Join("; ", own)}";
    }

    private static string InterfaceTo(IPEndPoint backend)
    {
        try
        {
            // A connected UDP socket sends nothing; the kernel says which address, and so which interface, it would take.
            using var socket = new Socket(backend.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(backend);
            var local = ((IPEndPoint)socket.LocalEndPoint!).Address;
            return NetworkInterface.GetAllNetworkInterfaces()
                .FirstOrDefault(card => card.GetIPProperties().UnicastAddresses.Any(address => address.Address.Equals(local)))?.Name ?? "IF";
        }
        catch (Exception problem) when (problem is SocketException or NetworkInformationException)
        {
            return "IF";
        }
    }
}
