using System.Net;
using System.Net.Sockets;
using Gateway.Linux;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Engines;

namespace Gateway.Checks;

/// <summary>
/// Checks whether the answers of transparent routes' backends come back to this host. The kernel reports no error for a missing return
/// route: the answers just do not come. So the check connects with a client's address: an address of the route's ClientCidrs, otherwise an
/// address that is reserved for documentation (RFC 5737, RFC 3849) and belongs to nobody. It checks only addresses that accepted a plain
/// connection, because silence then has only one possible cause.
/// </summary>
internal sealed class ReturnPathCheck : ICheck
{
    // A plain connect was answered in time. A connect on the same path needs no longer, plus one retransmission of the SYN (1 s).
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
                // Each address family has its own finding and cure, because it has its own routes.
                foreach (var family in (await context.ReachAsync(probe.target, cancellation)).EndPoints.GroupBy(endPoint =>
                        endPoint.AddressFamily))
                {
                    var verdicts = await Task.WhenAll(
                        family.Select(endPoint => ProbeAsync(probe.target, probe.user, endPoint, cancellation)));
                    if (Array.FindIndex(verdicts, verdict => verdict.Severity == CheckSeverity.Fail) is >= 0 and var bad)
                    {
                        verdicts[bad] = verdicts[bad] with { Cure = await ReturnPathCure.ForAsync(probe.target, verdicts[bad].EndPoint) };
                    }

                    AddressVerdict.Report(findings, probe.user.KeyPath, verdicts);
                }
            },
            cancellation);
    }

    private static async Task<AddressVerdict> ProbeAsync(
        BackendTarget target,
        BackendUser user,
        IPEndPoint endPoint,
        CancellationToken cancellation)
    {
        var source = SourceFor(user.Clients, endPoint);
        var patience = target.ConnectTimeout < MostPatience ? target.ConnectTimeout : MostPatience;
        var request = new ConnectRequest
        {
            Destination = endPoint,
            Timeout = patience,
            TransparentSource = new IPEndPoint(source, 0),
            Mark = user.SourceIp.Mark,
        };
        var (talk, problem) = await BackendTalk.ConnectAsync(request, cancellation);
        talk?.Dispose();
        var (severity, said) = problem switch
        {
            null => (CheckSeverity.Ok, $"answers {source}, and that comes back"),
            { Failure: ConnectFailure.Permission } =>
                (CheckSeverity.Skip, $"was not asked for the way back: connecting from {source} is not permitted"),
            { IsOurs: true } => (CheckSeverity.Skip, $"was not asked for the way back from {source}: {problem.Said}"),
            _ => (CheckSeverity.Fail, $"accepts this host's own connections, but one from {source} {problem.Said}"),
        };
        return new AddressVerdict(endPoint, severity, said);
    }

    /// <summary>
    /// An address for the connection: the first host of the clients' networks, in the backend's family, that is no address of this host.
    /// </summary>
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
                if (isHost
                    && network.Contains(candidate)
                    && !candidate.Equals(backend.Address)
                    && (isLoopback || OwnAddress.Contains(candidate) == false))
                {
                    return candidate;
                }

                bytes[^1]++;
            }
        }

        return backend.AddressFamily == AddressFamily.InterNetwork ? DocumentationV4 : DocumentationV6;
    }
}
