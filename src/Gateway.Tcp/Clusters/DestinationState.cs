using Gateway.Tcp.Balancing;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Clusters;

/// <summary>
/// The run-time state of a destination. All models of a destination with the same cluster, name and address share one state, so the state
/// outlives reloads. The results of health checks are not here but in <see cref="DestinationModel.Health"/>, because they start anew when
/// the rules of the checks change. Connections that the kernel forwards are not counted, because the kernel does not report their end.
/// Safe from any thread.
/// </summary>
internal sealed class DestinationState : Load
{
    private long _failures;
    private volatile string? _lastFailure;
    private volatile bool _isDrained;

    private readonly WaitingLine? _line;

    /// <summary>Makes the state of a new destination.</summary>
    /// <param name="line">The dials that wait for a place at the destinations of the cluster; null: none ever wait.</param>
    public DestinationState(WaitingLine? line = null) => (_line, Addresses) = (line, new AddressStates(this));

    /// <summary>What clients' connects say about the destination.</summary>
    public PassiveState Passive { get; } = new();

    /// <summary>How long connects took, and how many failed for the destination's reasons.</summary>
    public RecentTimes Connects { get; } = new();

    /// <summary>The states of the addresses of a name. An IP literal has none, because its address is the destination itself.</summary>
    public AddressStates Addresses { get; }

    /// <summary>How often a dial failed at all addresses of the destination. Failures of the gateway do not count.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    /// <summary>The cause of the last failure, as in the label <c>error.type</c>; null: there was none.</summary>
    public string? LastFailure => _lastFailure;

    /// <summary>Whether an operator has drained the destination: no dial tries it, and its connections go on. Defaults to false.</summary>
    public bool IsDrained
    {
        get => _isDrained;
        set => _isDrained = value;
    }

    /// <inheritdoc/>
    public override void Leave()
    {
        base.Leave();
        if (!_isDrained)
        {
            _line?.Serve(this);
        }
    }

    /// <summary>Counts a failure.</summary>
    public void Failed(string why)
    {
        Interlocked.Increment(ref _failures);
        _lastFailure = why;
    }
}
