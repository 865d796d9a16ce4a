using System.Net;
using System.Net.Sockets;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Health;

namespace Gateway.Checks;

/// <summary>The result of resolving a destination and connecting to it.</summary>
/// <param name="EndPoints">The addresses that accepted a connection; empty: none did.</param>
/// <param name="Problem">Why no address accepted, or which of several addresses did not.</param>
/// <param name="IsUnknownName">The name has no address.</param>
internal sealed record Reach(IReadOnlyList<IPEndPoint> EndPoints, string? Problem, bool IsUnknownName)
{
    // A limit, because a name may have hundreds of addresses (headless services). It holds for each address family, because each family has
    // its own routes.
    private const int MostOfAFamily = 4;

    /// <summary>The number of addresses that were not tried.</summary>
    public int Untried { get; private init; }

    /// <summary>
    /// Addresses that could not be tried because this host had no descriptor, port or right, each with the reason; null: none.
    /// </summary>
    public string? Unasked { get; init; }

    /// <summary>Resolves the name and connects to its addresses, each within the cluster's timeout.</summary>
    /// <param name="target">The destination.</param>
    /// <param name="ownListeners">The gateway's own listeners; a destination must not have their addresses.</param>
    /// <param name="cancellation">Signalled when the time is up: this method throws.</param>
    public static async Task<Reach> ProbeAsync(BackendTarget target, OwnListeners ownListeners, CancellationToken cancellation)
    {
        IReadOnlyList<IPAddress> addresses;
        try
        {
            addresses = target.Loopback ?? [.. (await Dns.GetHostAddressesAsync(target.Host, cancellation)).Distinct()];
        }
        catch (Exception problem) when (problem is SocketException or ArgumentException)
        {
            return new Reach([], problem.Message, IsUnknownName: true);
        }

        if (addresses.Count == 0)
        {
            return new Reach([], "no address", IsUnknownName: true);
        }

        var endPoints = Select(addresses).Select(address => new IPEndPoint(address, target.Port)).ToList();
        var outcomes = await Task.WhenAll(
            endPoints.Select(endPoint => TryAsync(endPoint, target.ConnectTimeout, ownListeners, cancellation)));
        var problems = endPoints.Zip(outcomes).Where(pair => pair.Second is not null)
            .ToLookup(pair => pair.Second!.IsOurs, pair => $"{pair.First} {pair.Second!.Said}");
        return new Reach([.. endPoints.Where((_, i) => outcomes[i] is null)], Join(problems[false]), IsUnknownName: false)
        {
            Untried = addresses.Count - endPoints.Count,
            Unasked = Join(problems[true]),
        };
    }

    /// <summary>Selects the addresses to try: the first ones of each family.</summary>
    internal static IEnumerable<IPAddress> Select(IEnumerable<IPAddress> addresses) =>
        addresses.GroupBy(address => address.AddressFamily).SelectMany(family => family.Take(MostOfAFamily));

    private static string? Join(IEnumerable<string> problems) => string.Join("; ", problems) is { Length: > 0 } all ? all : null;

    private static async Task<ConnectProblem?> TryAsync(
        IPEndPoint endPoint, TimeSpan timeout, OwnListeners ownListeners, CancellationToken cancellation)
    {
        var request = new ConnectRequest { Destination = endPoint, Timeout = timeout };
        var (talk, problem) = await BackendTalk.ConnectAsync(request, cancellation, Knock.Prepare, ownListeners);
        talk?.Dispose();
        return problem;
    }
}
