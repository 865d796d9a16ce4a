using Gateway.Tcp.Dialing;

namespace Gateway.Http.Backends.Clients;

/// <summary>
/// An HTTP client whose connections follow the addresses of a destination's host name. .NET's HTTP client resolves a name only when it
/// opens a connection, so a connection that is kept alive would never follow. Therefore each name has its own HTTP client, and gets a new
/// HTTP client as soon as its addresses change; the old client finishes its requests. A short connection lifetime would be more expensive,
/// because a new connection needs a TLS handshake and is slow until the kernel has grown its buffers (measured: a quarter more CPU for
/// bodies of 1 MB where connections end after 10 s).
/// </summary>
internal sealed class FollowingInvoker : HttpMessageInvoker
{
    private readonly Func<TimeSpan, HttpMessageInvoker> _create;
    private readonly SocketDialer _dialer;
    private readonly DestinationOptions _options;
    private readonly Lock _lock = new();
    private readonly Lazy<HttpMessageInvoker> _literals;

    // A cluster has few names, so a linear search is enough.
    private volatile FollowedName[] _names = [];
    private bool _isDisposed;

    /// <summary>Creates the HTTP client of a cluster.</summary>
    /// <param name="create">Makes the HTTP client of a name. The argument is how long its connections get new requests.</param>
    /// <param name="dialer">Knows the addresses of names.</param>
    /// <param name="options">How long connections get new requests, and how often addresses are compared.</param>
    public FollowingInvoker(Func<TimeSpan, HttpMessageInvoker> create, SocketDialer dialer, DestinationOptions options)
        : base(new UnusedHandler())
    {
        (_create, _dialer, _options) = (create, dialer, options);
        _literals = new(() => create(options.LifetimeOfLiterals));
    }

    /// <inheritdoc/>
    public override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        request is ProbeRequest probe
            ? SendAsync(probe)
            : InvokerOf(request.RequestUri!).SendAsync(request, cancellationToken);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            FollowedName[] names;
            lock (_lock)
            {
                (names, _names, _isDisposed) = (_names, [], true);
            }

            foreach (var name in names)
            {
                name.Current.Dispose();
            }

            if (_literals.IsValueCreated)
            {
                _literals.Value.Dispose();
            }
        }

        base.Dispose(disposing);
    }

    // A method of its own, because the lambda's closure would be made for all requests.
    private Task<HttpResponseMessage> SendAsync(ProbeRequest probe) => probe.SendAsync(() => InvokerOf(probe.RequestUri!));

    private HttpMessageInvoker InvokerOf(Uri uri)
    {
        if (uri.HostNameType is UriHostNameType.IPv4 or UriHostNameType.IPv6)
        {
            return _literals.Value;
        }

        var name = Find(uri) ?? Add(uri);
        if (name.MayHaveMoved(_options.LookInterval))
        {
            name.Follow(_dialer.KnownAddressesOf(uri.IdnHost, uri.Port), () => _create(_options.LifetimeOfNames));
        }

        return name.Current;
    }

    private FollowedName? Find(Uri uri)
    {
        foreach (var name in _names)
        {
            if (name.Port == uri.Port && name.Host.Equals(uri.IdnHost, StringComparison.OrdinalIgnoreCase))
            {
                return name;
            }
        }

        return null;
    }

    private FollowedName Add(Uri uri)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (Find(uri) is { } known)
            {
                return known;
            }

            var name = new FollowedName(uri.IdnHost, uri.Port, _create(_options.LifetimeOfNames));
            _names = [.. _names, name];
            return name;
        }
    }
}
