namespace Gateway.Tcp.Clusters;

/// <summary>
/// What a cluster is doing. All models of a cluster of one name share it, so that a reload does not begin its round robin anew. Safe from
/// any thread.
/// </summary>
internal sealed class ClusterState
{
    private int _turn;

    /// <summary>A number for the next connection: one more than the last.</summary>
    public uint NextTurn() => (uint)Interlocked.Increment(ref _turn);
}
