using System.Net;
using System.Net.Sockets;
using Gateway.Tcp.Health;

namespace Gateway.Checks;

/// <summary>What came of resolving a destination and connecting to it.</summary>
/// <param name="EndPoints">The addresses that accepted; empty: none did.</param>
/// <param name="Problem">Why not, if none did; or which of several addresses did not.</param>
/// <param name="IsUnknownName">The name has no address.</param>
internal sealed record Reach(IReadOnlyList<IPEndPoint> EndPoints, string? Problem, bool IsUnknownName)
{
    // A name with hundreds of addresses (headless services) is not a list of things to check one by one; of each family, since it has its own routes.
    private const int MostOfAFamily = 4;

    /// <summary>How many addresses were not tried.</summary>
    public int Untried { get; private init; }

    /// <summary>Resolves and connects, each address within the cluster's timeout.</summary>
    public static async Task<Reach> ProbeAsync(BackendTarget target, CancellationToken cancellation)
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
            return new Reach([], "no address", IsUnknownName: true);
        var endPoints = Select(addresses).Select(address => new IPEndPoint(address, target.Port)).ToList();
        var outcomes = await Task.WhenAll(endPoints.Select(endPoint => TryAsync(endPoint, target.ConnectTimeout, cancellation)));
        var refused = endPoints.Zip(outcomes).Where(pair => pair.Second is not null).Select(pair => $"{pair.First} {pair.Second}").ToList();
        return new Reach([.. endPoints.Where((_, i) => outcomes[i] is null)], refused.Count == 0 ? null : string.Join("; ", refused), IsUnknownName: false)
        {
            Untried = addresses.Count - endPoints.Count,
        };
    }

    /// <summary>Those of a name's addresses that are tried: the first ones of each family.</summary>
    internal static IEnumerable<IPAddress> Select(IEnumerable<IPAddress> addresses) => addresses.GroupBy(address => address.AddressFamily).SelectMany(family => family.Take(MostOfAFamily));

    private static async Task<string?> TryAsync(IPEndPoint endPoint, TimeSpan timeout, CancellationToken cancellation)
    {
        var (talk, problem) = await BackendTalk.ConnectAsync(endPoint, timeout, Knock.Prepare, cancellation);
        talk?.Dispose();
        return problem;
    }
}
