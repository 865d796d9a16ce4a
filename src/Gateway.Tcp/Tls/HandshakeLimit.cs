namespace Gateway.Tcp.Tls;

/// <summary>
/// How many handshakes with clients are under way at once in the process. Each costs some 50 KB and a signature, and a flood of them would
/// take both from the connections that there are. Those beyond wait in order, without a thread; a handshake that has its place for longer
/// than <see cref="Patience"/> gives way to one that waits, so that clients that begin and then say nothing keep nobody out. To be entered
/// once the client has said something: who is silent takes no place.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="max">The limit.</param>
public sealed class HandshakeLimit(TimeProvider time, int max = HandshakeLimit.DefaultMax)
{
    /// <summary>The limit unless another is set.</summary>
    public const int DefaultMax = 1000;

    /// <summary>How long a handshake keeps its place while others wait: several round trips around the world.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();

    // In the order in which they entered.
    private readonly LinkedList<HandshakePlace> _under = new();
    private readonly LinkedList<HandshakePlace> _waiting = new();
    private int _max = max;

    /// <summary>The limit. May change at any time: handshakes under way go on.</summary>
    public int Max
    {
        get => Volatile.Read(ref _max);
        set
        {
            Volatile.Write(ref _max, value);
            LetIn();
        }
    }

    /// <summary>Handshakes under way.</summary>
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
    /// <param name="handshake">Ends the wait, and is cancelled if the handshake is to give way.</param>
    /// <returns>To be disposed of when the handshake has ended.</returns>
    /// <exception cref="OperationCanceledException">The time was up before there was a place.</exception>
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
                // Again after a while: whoever has a place now may have kept it for long by then.
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

    /// <summary>Gives a place, or a place in the queue, back.</summary>
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

    // The one that has had its place for longest, if that is long: its end lets another one in.
    private void GiveWay()
    {
        HandshakePlace? oldest;
        lock (_lock)
        {
            oldest = _under.First?.Value;
            if (_waiting.Count == 0 || oldest is null || time.GetElapsedTime(oldest.EnteredAt) < Patience)
            {
                return;
            }
        }

        oldest.End();
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
