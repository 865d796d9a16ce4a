namespace Gateway.Tcp.Tls;

/// <summary>
/// Limits the handshakes with clients that are under way at once in the process. Each handshake costs some 50 KB and a signature, and a
/// flood of handshakes would take memory and CPU time from the live connections. Handshakes above the limit wait in order, without a
/// thread. A handshake that has had its place for longer than <see cref="Patience"/> is ended if another handshake waits, so that clients
/// that begin a handshake and then send nothing do not block others. A connection must enter only after the client has sent something, so
/// that a silent client takes no place.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="max">The most handshakes at once.</param>
public sealed class HandshakeLimit(TimeProvider time, int max = HandshakeLimit.DefaultMax)
{
    /// <summary>The default of the limit.</summary>
    public const int DefaultMax = 1000;

    /// <summary>How long a handshake surely keeps its place while others wait: several round trips around the world.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();

    // In the order in which they entered.
    private readonly LinkedList<HandshakePlace> _under = new();
    private readonly LinkedList<HandshakePlace> _waiting = new();
    private int _max = max;

    /// <summary>The limit. May change at any time; handshakes that are under way go on.</summary>
    public int Max
    {
        get => Volatile.Read(ref _max);
        set
        {
            Volatile.Write(ref _max, value);
            LetIn();
        }
    }

    /// <summary>The number of handshakes that are under way.</summary>
    public int UnderWay
    {
        get
        {
            lock (_lock)
            {
                return _under.Count;
            }
        }
    }

    /// <summary>Waits for a place.</summary>
    /// <param name="handshake">
    /// The source that ends the wait and the handshake. The limit cancels this source if the handshake has to give its place to another
    /// one.
    /// </param>
    /// <returns>The place. The caller disposes of it when the handshake has ended.</returns>
    /// <exception cref="OperationCanceledException">The wait was cancelled before there was a place.</exception>
    public ValueTask<IDisposable> EnterAsync(CancellationTokenSource handshake)
    {
        ArgumentNullException.ThrowIfNull(handshake);
        var place = new HandshakePlace(this, handshake);
        lock (_lock)
        {
            if (_under.Count < Max && _waiting.Count == 0)
            {
                Take(place);
                return new ValueTask<IDisposable>(place);
            }

            place.Node = _waiting.AddLast(place);
        }

        return WaitAsync(place, handshake.Token);
    }

    private async ValueTask<IDisposable> WaitAsync(HandshakePlace place, CancellationToken cancellation)
    {
        GiveWay();
        try
        {
            while (!place.Entered.Task.IsCompleted)
            {
                // Checked again after a while, because the oldest handshake may have exceeded Patience by then.
                await Task.WhenAny(place.Entered.Task, Task.Delay(Patience, time, cancellation));
                cancellation.ThrowIfCancellationRequested();
                GiveWay();
            }

            return place;
        }
        catch
        {
            place.Dispose();
            throw;
        }
    }

    /// <summary>Gives back a place, or leaves the queue.</summary>
    internal void Leave(HandshakePlace place)
    {
        lock (_lock)
        {
            if (place.Node is not { List: { } list } node)
            {
                return;
            }

            list.Remove(node);
        }

        LetIn();
    }

    // Ends the oldest handshake, if it has had its place for longer than Patience, so that a waiting handshake can enter. The place is free
    // before that handshake has ended, so that of many that wait each one ends another.
    private void GiveWay()
    {
        HandshakePlace oldest;
        lock (_lock)
        {
            if (_waiting.Count == 0 || _under.First is not { } first || time.GetElapsedTime(first.Value.EnteredAt) < Patience)
            {
                return;
            }

            oldest = first.Value;
            _under.RemoveFirst();
        }

        oldest.End();
        LetIn();
    }

    private void LetIn()
    {
        while (true)
        {
            HandshakePlace next;
            lock (_lock)
            {
                if (_waiting.First is not { } first || _under.Count >= Max)
                {
                    return;
                }

                next = first.Value;
                _waiting.RemoveFirst();
                Take(next);
            }

            next.Entered.TrySetResult();
        }
    }

    private void Take(HandshakePlace place)
    {
        place.EnteredAt = time.GetTimestamp();
        place.Node = _under.AddLast(place);
    }
}
