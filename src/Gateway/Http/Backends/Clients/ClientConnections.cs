using Gateway.Tcp.SourceIp;

namespace Gateway.Http.Backends.Clients;

/// <summary>
/// The connections to destinations that belong to one client of the gateway: a separate HTTP client, whose connections are opened for this
/// client only. It lives in a <see cref="ClientPool"/>, whose lock guards the internal members here.
/// </summary>
internal sealed class ClientConnections
{
    private readonly Func<Announcement, HttpMessageInvoker> _create;
    private HttpMessageInvoker? _invoker;
    private CancellationTokenRegistration _watch;

    public ClientConnections(ClientPool pool, ClientKey key, Announcement announced, Func<Announcement, HttpMessageInvoker> create)
    {
        Pool = pool;
        Key = key;
        Announced = announced;
        Node = new LinkedListNode<ClientConnections>(this);
        _create = create;
    }

    /// <summary>The pool that holds these connections.</summary>
    public ClientPool Pool { get; }

    /// <summary>Tells this client apart from others.</summary>
    public ClientKey Key { get; }

    /// <summary>What destinations learn about the client.</summary>
    public Announcement Announced { get; }

    /// <summary>Sends requests on this client's connections. Only between <see cref="ClientPool"/>'s Acquire and Release.</summary>
    public HttpMessageInvoker Invoker
    {
        get
        {
            if (Volatile.Read(ref _invoker) is { } known)
            {
                return known;
            }

            var created = _create(Announced);
            if (Interlocked.CompareExchange(ref _invoker, created, null) is not { } other)
            {
                return created;
            }

            created.Dispose();
            return other;
        }
    }

    /// <summary>Its node in the pool's list of idle clients.</summary>
    internal LinkedListNode<ClientConnections> Node { get; }

    /// <summary>The number of requests that use these connections.</summary>
    internal int Users { get; set; }

    /// <summary>Time stamp of the moment when the last of these requests ended.</summary>
    internal long IdleSince { get; set; }

    /// <summary>The client has closed its connection: no request will ask for these connections again.</summary>
    internal bool IsAbandoned { get; set; }

    /// <summary>Ends these connections when the client closes its own connection.</summary>
    internal void Watch(CancellationToken clientClosed) =>
        _watch = clientClosed.UnsafeRegister(static self => ((ClientConnections)self!).Abandon(), this);

    /// <summary>Closes the connections. No request uses them any more.</summary>
    internal void Close()
    {
        // Not Dispose, because Dispose waits for a callback that has just begun, and that callback finds nothing to do.
        _watch.Unregister();
        _invoker?.Dispose();
    }

    private void Abandon() => Pool.Abandon(this);
}
