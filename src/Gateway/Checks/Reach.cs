using System.Net;
using System.Net.Sockets;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Health;

namespace Gateway.Checks;

/// <summary>What came of resolving a destination and connecting to it.</summary>
/// <param name="EndPoints">The addresses that accepted; empty: none did.</param>
/// <param name="Problem">Why not, if none did; or which of several addresses did not.</param>
/// <param name="IsUnknownName">The name has no address.</param>
internal sealed record Reach(IReadOnlyList<IPEndPoint> EndPoints, string? Problem, bool IsUnknownName)
{
    // A name with hundreds of addresses (headless services) is not a list of things to check one by one; of each family, since it has its
    // own routes.
    private const int MostOfAFamily = 4;

    /// <summary>How many addresses were not tried.</summary>
    public int Untried { get; private init; }

    /// <summary>Addresses that were not asked for want of descriptors, ports or rights here, each with the reason; null: none.</summary>
    public string? Unasked { get; init; }

    /// <summary>Resolves and connects, each address within the cluster's timeout.</summary>
    /// <param name="target">The destination.</param>
    /// <param name="ownListeners">Addresses that no destination may have.</param>
    /// <param name="cancellation">The time is up: this throws.</param>
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

    /// <summary>Those of a name's addresses that are tried: the first ones of each family.</summary>
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
