using System.Net;
using System.Net.Sockets;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Dnat;
using Gateway.Tcp.Engines;

namespace Gateway.Checks;

/// <summary>
/// Checks the return path of Dnat routes, as <see cref="ReturnPathCheck"/> does for transparent routes. A socket bound to a client's
/// address does not work here: without a routing rule, this host would forward the backend's answers instead of delivering them to the
/// socket. So the connection has this host's address, and nftables rewrites it to the client's address on the way out (<see
/// cref="DnatProbe"/>). This check also runs at start, because health checks of such routes connect to the backends anyway.
/// </summary>
internal sealed class DnatPathCheck : ICheck
{
    // As in ReturnPathCheck: a plain connect was answered in time, and one retransmission of the SYN takes 1 s.
    private static readonly TimeSpan MostPatience = TimeSpan.FromSeconds(3);

    public string Name => "return-path";

    public Task RunAsync(CheckContext context, CheckFindings findings, CancellationToken cancellation)
    {
        var probes = from target in context.Targets
                     from user in target.Users
                     where user.SourceIp.Mode == SourceIpMode.Dnat
                     select (target, user);
        return CheckContext.ForEachAsync(
            probes,
            async probe =>
            {
                foreach (var endPoint in (await context.ReachAsync(probe.target, cancellation)).EndPoints)
                {
                    await ProbeAsync(probe.target, probe.user, endPoint, findings, cancellation);
                }
            },
            cancellation);
    }

    private static async Task ProbeAsync(
        BackendTarget target,
        BackendUser user,
        IPEndPoint endPoint,
        CheckFindings findings,
        CancellationToken cancellation)
    {
        var client = ReturnPathCheck.SourceFor(user.Clients, endPoint);
        var patience = target.ConnectTimeout < MostPatience ? target.ConnectTimeout : MostPatience;
        DnatProbe? rule = null;
        var obstacle = "";
        try
        {
            var request = new ConnectRequest { Destination = endPoint, Timeout = patience };
            var (talk, problem) = await BackendTalk.ConnectAsync(request, cancellation, Disguise);
            using (talk)
            {
                if (rule is null)
                {
                    findings.Warn(user.KeyPath, $"the way back from {endPoint} was not probed: {obstacle}");
                }
                else if (talk is not null)
                {
                    findings.Ok(user.KeyPath, $"answers of {endPoint} to {client} come back");
                }
                else if (problem!.IsOurs)
                {
                    findings.Skip(user.KeyPath, $"{endPoint} was not asked for the way back: {problem.Said}");
                }
                else
                {
                    findings.Fail(
                        user.KeyPath,
                        $"{endPoint} accepts this host's own connections, but one from {client} {problem.Said}",
                        Cure(endPoint, user.Clients));
                }
            }
        }
        finally
        {
            rule?.Dispose();
        }

        // If the rule cannot be added, the connection is a plain connection, which does no harm.
        void Disguise(Socket socket)
        {
            socket.Bind(new IPEndPoint(endPoint.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0));
            rule = DnatProbe.TryStart(endPoint, ((IPEndPoint)socket.LocalEndPoint!).Port, client, out obstacle);
        }
    }

    private static string Cure(IPEndPoint backend, IReadOnlyList<IPNetwork> clients)
    {
        var ip = backend.AddressFamily == AddressFamily.InterNetwork ? "ip" : "ip -6";
        var networks = clients
            .Where(network => network.BaseAddress.AddressFamily == backend.AddressFamily)
            .Take(3)
            .Select(network => network.ToString())
            .DefaultIfEmpty("CLIENTS");
        var routes = string.Join("; ", networks.Select(network => $"{ip} route add {network} via THIS_HOST"));
        return $"on the backend {ip} route replace default via THIS_HOST, or {routes}; "
            + "in a cloud: the source/destination check off (docs/dnat.md, The return path)"
            + (
                clients.Count == 0
                    ? ". If only some clients' networks are routed here, name them in Match:ClientCidrs: the check then asks as one of them"
                    : "");
    }
}
