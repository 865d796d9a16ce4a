namespace Gateway.Kubernetes.Client;

/// <summary>How well one list and watch goes. One reflector writes; any thread reads.</summary>
/// <param name="resource">The plural of the type, for the label of metrics.</param>
/// <param name="time">The clock.</param>
internal sealed class ReflectorState(string resource, TimeProvider time)
{
    private long _lastContact = time.GetTimestamp();
    private volatile bool _isWatching;
    private volatile string? _problem;

    /// <summary>The plural of the type.</summary>
    public string Resource => resource;

    /// <summary>Whether a watch is open, so that changes arrive as they happen.</summary>
    public bool IsWatching
    {
        get => _isWatching;
        set => _isWatching = value;
    }

    /// <summary>What keeps the reflector from watching; null: nothing.</summary>
    public string? Problem
    {
        get => _problem;
        set => _problem = value;
    }

    /// <summary>
    /// How old the known state may be: zero while a watch is open, otherwise the time since the last answer of the server, or since the
    /// start.
    /// </summary>
    public TimeSpan Age => _isWatching ? TimeSpan.Zero : time.GetElapsedTime(Interlocked.Read(ref _lastContact));

    /// <summary>The server has answered.</summary>
    public void Contacted() => Interlocked.Exchange(ref _lastContact, time.GetTimestamp());
}
