using Gateway.Tcp.SourceIp;

namespace Gateway.Http.Backends.Clients;

/// <summary>
/// The connections to destinations that belong to one client: an HTTP client of its own, whose connections are opened for this client and
/// no other. It lives in a <see cref="ClientPool"/>, whose lock guards what is internal here.
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

    /// <summary>Where it belongs.</summary>
    public ClientPool Pool { get; }

    /// <summary>Whose it is.</summary>
    public ClientKey Key { get; }

    /// <summary>What destinations learn.</summary>
    public Announcement Announced { get; }

    /// <summary>Sends on this client's connections. Only for who holds it.</summary>
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

    /// <summary>Its place among the idle ones.</summary>
    internal LinkedListNode<ClientConnections> Node { get; }

    /// <summary>Requests that hold it.</summary>
    internal int Users { get; set; }

    /// <summary>Time stamp of when the last of them left.</summary>
    internal long IdleSince { get; set; }

    /// <summary>The client has left: nobody will come for it again.</summary>
    internal bool IsAbandoned { get; set; }

    /// <summary>Ends it with the client's own connection.</summary>
    internal void Watch(CancellationToken clientClosed) =>
        _watch = clientClosed.UnsafeRegister(static self => ((ClientConnections)self!).Abandon(), this);

    /// <summary>Closes its connections. Nobody holds it any more.</summary>
    internal void Close()
    {
        // Not Dispose: it would wait for a callback that has just begun, and which finds nothing to do.
        _watch.Unregister();
        _invoker?.Dispose();
    }

    private void Abandon() => Pool.Abandon(this);
}
