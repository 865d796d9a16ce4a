namespace Gateway.Tcp.Clusters;

/// <summary>
/// What a destination is doing. All models of a destination that have the same cluster, name and address share it, so that it outlives
/// reloads. What checks say of it is <see cref="DestinationModel.Health"/>, since checks by other rules begin anew. Safe from any thread.
/// </summary>
internal sealed class DestinationState
{
    private int _turn = -1;
    private int _connections;
    private long _failures;
    private volatile string? _lastFailure;

    /// <summary>What clients' connects say of it.</summary>
    public PassiveState Passive { get; } = new();

    /// <summary>
    /// Clients' connections that it has now. Those that the kernel forwards are not among them: nobody tells us of their end.
    /// </summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>How often it was tried in vain, by all of its addresses. Failures of our own do not count.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    /// <summary>Why it was tried in vain the last time, as the label <c>error.type</c> says it; null: it never was.</summary>
    public string? LastFailure => _lastFailure;

    /// <summary>Where the next connection starts among the addresses of a name.</summary>
    public uint NextTurn() => (uint)Interlocked.Increment(ref _turn);

    /// <summary>A connection to it is open.</summary>
    public void Opened() => Interlocked.Increment(ref _connections);

    /// <summary>A connection that was open has ended.</summary>
    public void Closed() => Interlocked.Decrement(ref _connections);

    /// <summary>It was tried in vain.</summary>
    public void Failed(string why)
    {
        Interlocked.Increment(ref _failures);
        _lastFailure = why;
    }
}
