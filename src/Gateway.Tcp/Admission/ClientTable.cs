using System.Net;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Admission;

/// <summary>
/// The clients of a listener that have limits of their own. Bounded however many clients there are: docs/decisions/0091. Safe from any
/// thread.
/// </summary>
/// <param name="time">The clock of the token buckets.</param>
/// <param name="mostIdle">The most clients without connections that are remembered.</param>
internal sealed class ClientTable(TimeProvider time, int mostIdle = ClientTable.MostIdle)
{
    // Some 10 MB. A client that is forgotten too early gets the tokens that it has used a second time.
    public const int MostIdle = 65_536;

    // Two event loops that admit clients at the same time rarely wait for the same lock.
    private const int Shards = 16;

    private readonly ClientShard[] _shards =
        [.. Enumerable.Range(0, Shards).Select(_ => new ClientShard(time, Math.Max(1, mostIdle / Shards)))];

    /// <summary>The number of clients that are remembered.</summary>
    public int Count => _shards.Sum(static shard => shard.Count);

    /// <summary>Takes a place of a client, and a place of the listener if there is one: <see cref="ClientShard.TryEnter"/>.</summary>
    public Outcome? TryEnter(
        ClientRules rules, IPAddress address, PlaceCount? listener, int? mostOfListener, out AdmittedClient? client)
    {
        var network = ClientNetwork.Of(address, rules);
        return _shards[(uint)network.GetHashCode() % Shards].TryEnter(network, rules, listener, mostOfListener, out client);
    }
}
