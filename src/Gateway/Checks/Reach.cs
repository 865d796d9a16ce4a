using System.Net;
using System.Net.Sockets;

namespace Gateway.Checks;

/// <summary>What came of resolving a destination and connecting to it.</summary>
/// <param name="EndPoints">The first address of each family that accepted; empty: none did.</param>
/// <param name="Problem">Why not, if none did; or which of several addresses did not.</param>
/// <param name="IsUnknownName">The name has no address.</param>
internal sealed record Reach(IReadOnlyList<IPEndPoint> EndPoints, string? Problem, bool IsUnknownName)
{
    // A name with hundreds of addresses (headless services) is not a list of things to check one by one.
    private const int MostAddresses = 8;

    /// <summary>Resolves and connects, each address within the cluster's timeout.</summary>
    public static async Task<Reach> ProbeAsync(BackendTarget target, CancellationToken cancellation)
    {
        IPAddress[] addresses;
        try
        {
            addresses = await Dns.GetHostAddressesAsync(target.Host, cancellation);
        }
        catch (Exception problem) when (problem is SocketException or ArgumentException)
        {
            return new Reach([], problem.Message, IsUnknownName: true);
        }

        if (addresses.Length == 0)
            return new Reach([], "no address", IsUnknownName: true);
        var endPoints = addresses.Distinct().Take(MostAddresses).Select(address => new IPEndPoint(address, target.Port)).ToList();
        var outcomes = await Task.WhenAll(endPoints.Select(endPoint => TryAsync(endPoint, target.ConnectTimeout, cancellation)));
        var accepted = endPoints.Where((_, i) => outcomes[i] is null).DistinctBy(endPoint => endPoint.AddressFamily).ToList();
        var refused = endPoints.Zip(outcomes).Where(pair => pair.Second is not null).Select(pair => $"{pair.First} {pair.Second}").ToList();
        return new Reach(accepted, refused.Count == 0 ? null : string.Join("; ", refused), IsUnknownName: false);
    }

    private static async Task<string?> TryAsync(IPEndPoint endPoint, TimeSpan timeout, CancellationToken cancellation)
    {
        var (talk, problem) = await BackendTalk.ConnectAsync(endPoint, timeout, static _ => { }, cancellation);
        talk?.Dispose();
        return problem;
    }
}
