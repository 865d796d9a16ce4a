using System.Net;

namespace Gateway.Http.Backends.Clients;

/// <summary>
/// A destination's host name, its addresses at the last look, and the HTTP client that has connections to these addresses. Thread-safe.
/// </summary>
/// <param name="host">The name.</param>
/// <param name="port">The port.</param>
/// <param name="first">The first HTTP client.</param>
internal sealed class FollowedName(string host, int port, HttpMessageInvoker first)
{
    // A caller that has just got the old HTTP client still sends with it. A disposed HTTP client would finish requests that are under way,
    // but refuse new ones; so it is disposed later.
    private static readonly TimeSpan Farewell = TimeSpan.FromMinutes(1);

    private volatile HttpMessageInvoker _current = first;
    private IPEndPoint[]? _addresses;
    private long _lookedAt;

    /// <summary>The name.</summary>
    public string Host => host;

    /// <summary>The port.</summary>
    public int Port => port;

    /// <summary>The HTTP client for new requests.</summary>
    public HttpMessageInvoker Current => _current;

    /// <summary>Whether it is time to compare the addresses. True for only one of the callers in each interval.</summary>
    public bool MayHaveMoved(TimeSpan interval)
    {
        var now = Environment.TickCount64;
        var looked = Volatile.Read(ref _lookedAt);
        return now - looked >= (long)interval.TotalMilliseconds && Interlocked.CompareExchange(ref _lookedAt, now, looked) == looked;
    }

    /// <summary>
    /// Takes the current addresses of the name. If they differ from the last ones, a new HTTP client replaces the old one. Only one caller
    /// at a time (<see cref="MayHaveMoved"/>).
    /// </summary>
    public void Follow(IPEndPoint[] addresses, Func<HttpMessageInvoker> create)
    {
        if (addresses.Length == 0)
        {
            // The addresses are not known yet, or not known any more. Open connections may still be good.
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
