using System.Net;

namespace Gateway.Http.Backends.Clients;

/// <summary>
/// A destination's name, the addresses that it had when it was last looked at, and the HTTP client that has connections to them. Safe from
/// any thread.
/// </summary>
/// <param name="host">The name.</param>
/// <param name="port">The port.</param>
/// <param name="first">The first client.</param>
internal sealed class FollowedName(string host, int port, HttpMessageInvoker first)
{
    // Who has just been given the old client still sends with it: a disposed one ends what is under way in order, but takes nothing new.
    private static readonly TimeSpan Farewell = TimeSpan.FromMinutes(1);

    private volatile HttpMessageInvoker _current = first;
    private IPEndPoint[]? _addresses;
    private long _lookedAt;

    /// <summary>The name.</summary>
    public string Host => host;

    /// <summary>The port.</summary>
    public int Port => port;

    /// <summary>Whose connections new requests get.</summary>
    public HttpMessageInvoker Current => _current;

    /// <summary>Whether it is time to look; says so to one of those who ask.</summary>
    public bool MayHaveMoved(TimeSpan interval)
    {
        var now = Environment.TickCount64;
        var looked = Volatile.Read(ref _lookedAt);
        return now - looked >= (long)interval.TotalMilliseconds && Interlocked.CompareExchange(ref _lookedAt, now, looked) == looked;
    }

    /// <summary>
    /// These are its addresses now, if any are known: if they are others than before, another client takes over. One caller at a time
    /// (<see cref="MayHaveMoved"/>).
    /// </summary>
    public void Follow(IPEndPoint[] addresses, Func<HttpMessageInvoker> create)
    {
        if (addresses.Length == 0)
        {
            // Not known yet, or not any more: connections that there are may still be good.
            return;
        }

        var before = Interlocked.Exchange(ref _addresses, addresses);
        if (before is null || before.ToHashSet().SetEquals(addresses))
        {
            return;
        }

        var old = _current;
        _current = create();
        _ = DisposeLaterAsync(old);
    }

    private static async Task DisposeLaterAsync(HttpMessageInvoker old)
    {
        await Task.Delay(Farewell);
        old.Dispose();
    }
}
