namespace Gateway.Tcp.Clusters;

/// <summary>
/// The run-time state of a destination. All models of a destination with the same cluster, name and address share one state, so the state
/// outlives reloads. The results of health checks are not here but in <see cref="DestinationModel.Health"/>, because they start anew when
/// the rules of the checks change. Safe from any thread.
/// </summary>
internal sealed class DestinationState
{
    private int _turn = -1;
    private int _connections;
    private long _failures;
    private volatile string? _lastFailure;

    /// <summary>What clients' connects say about the destination.</summary>
    public PassiveState Passive { get; } = new();

    /// <summary>
    /// The number of clients' connections now. Connections that the kernel forwards are not counted, because the kernel does not report
    /// their end.
    /// </summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>How often a dial failed at all addresses of the destination. Failures of the gateway do not count.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    /// <summary>The cause of the last failure, as in the label <c>error.type</c>; null: there was none.</summary>
    public string? LastFailure => _lastFailure;

    /// <summary>A number that says at which address of a name the next dial starts.</summary>
    public uint NextTurn() => (uint)Interlocked.Increment(ref _turn);

    /// <summary>Counts a connection to the destination that was opened.</summary>
    public void Opened() => Interlocked.Increment(ref _connections);

    /// <summary>Counts the end of an open connection.</summary>
    public void Closed() => Interlocked.Decrement(ref _connections);

    /// <summary>Counts a failure.</summary>
    public void Failed(string why)
    {
        Interlocked.Increment(ref _failures);
        _lastFailure = why;
    }
}
