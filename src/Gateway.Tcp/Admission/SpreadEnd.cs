namespace Gateway.Tcp.Admission;

/// <summary>
/// Ends the connections that outlive a drain one after another, evenly over a window and in random order, so that their clients do not all
/// come back at the same moment. A connection that ends by itself meanwhile changes nothing for the others.
/// </summary>
internal sealed class SpreadEnd : IDisposable
{
    // Short enough that a step of 10,000 connections over 10 s is a hundred connections.
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    private readonly TimeProvider _time;
    private readonly TimeSpan _window;
    private readonly LiveConnection[] _left;
    private readonly long _began;
    private readonly ITimer _steps;
    private int _ended;

    /// <summary>Begins with the connections that exist now.</summary>
    public SpreadEnd(LiveConnections live, TimeSpan window, TimeProvider time)
    {
        _time = time;
        _window = window;
        _left = [.. live.Snapshot()];
        Random.Shared.Shuffle(_left);
        _began = time.GetTimestamp();
        _steps = time.CreateTimer(static ends => ((SpreadEnd)ends!).EndThoseDue(), this, Step, Step);
    }

    /// <summary>Ends no more connections.</summary>
    public void Dispose() => _steps.Dispose();

    private void EndThoseDue()
    {
        // A timer does not wait for its last call.
        lock (_left)
        {
            var due = Math.Min(_left.Length, _left.Length * (_time.GetElapsedTime(_began) / _window));
            while (_ended < (int)due)
            {
                _left[_ended++].Abort();
            }
        }
    }
}
