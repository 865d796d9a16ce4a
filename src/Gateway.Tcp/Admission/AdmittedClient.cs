namespace Gateway.Tcp.Admission;

/// <summary>
/// What a listener remembers of a client: the number of its connections, and its token bucket. Changed only under the lock of its shard.
/// </summary>
internal sealed class AdmittedClient(ClientShard shard, ClientNetwork network)
{
    /// <summary>The part of the table that holds the client.</summary>
    public ClientShard Shard => shard;

    /// <summary>The client.</summary>
    public ClientNetwork Network => network;

    /// <summary>The number of connections at once.</summary>
    public int Count { get; set; }

    /// <summary>When the token bucket is full, in nanoseconds of the shard's clock.</summary>
    public long FullAt { get; set; }
}
