using System.Globalization;
using Gateway.Tcp.Routing;

namespace Gateway.Http.GatewayApi;

/// <summary>
/// The clusters among which a match splits its requests: <c>a=3,b=1,=1</c>. A share without a cluster is answered with 500. From any
/// thread, without a lock.
/// </summary>
internal sealed class WeightedBackends
{
    // The API's limit. Sums of larger weights would not fit.
    private const int MostWeight = 1_000_000;

    private readonly string?[] _clusters;
    private readonly WeightedTurns _turns;

    private WeightedBackends((string? Cluster, int Weight)[] shares)
    {
        _clusters = [.. shares.Select(static share => share.Cluster)];
        _turns = new WeightedTurns(shares.Select(static share => Math.Min(share.Weight, MostWeight)));
    }

    /// <summary>Writes shares; a cluster may be null.</summary>
    public static string Write(IEnumerable<(string? Cluster, int Weight)> shares) =>
        string.Join(',', shares.Select(static share => string.Create(CultureInfo.InvariantCulture, $"{share.Cluster}={share.Weight}")));

    /// <summary>Reads shares. What is no number counts as a weight of 0.</summary>
    public static WeightedBackends Parse(string text) => new(text.Length == 0 ? [(null, 0)] : [.. SharesOf(text)]);

    /// <summary>The shares in a text, as it has them.</summary>
    public static IEnumerable<(string? Cluster, int Weight)> SharesOf(string text) =>
        text.Length == 0 ? [] : text.Split(',').Select(ShareOf);

    /// <summary>The cluster of the next request; null: there is none for it.</summary>
    public string? Next() => NextShare().Cluster;

    /// <summary>The same, with the number of the share.</summary>
    public (string? Cluster, int Index) NextShare() => _turns.Next() is >= 0 and var index ? (_clusters[index], index) : (null, -1);

    private static (string? Cluster, int Weight) ShareOf(string share)
    {
        var equals = share.LastIndexOf('=');
        var isNumber = int.TryParse(share.AsSpan(equals + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var weight);
        return (equals > 0 ? share[..equals] : null, isNumber ? weight : 0);
    }
}
