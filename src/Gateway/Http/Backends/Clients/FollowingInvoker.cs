using Gateway.Tcp.Dialing;

namespace Gateway.Http.Backends.Clients;

/// <summary>
/// An HTTP client whose connections go where a destination's name leads. The HTTP client looks a name up when it opens a connection, and
/// one that is kept alive would never follow. So each name has a client of its own, and gets another as soon as its addresses are others:
/// the old one ends what it has begun. To let connections end by age instead costs: a fresh one is slow until the kernel has grown its
/// buffers (measured: a quarter more CPU for bodies of 1 MB where they end after 10 s), and has its TLS handshake.
/// </summary>
internal sealed class FollowingInvoker : HttpMessageInvoker
{
    private readonly Func<TimeSpan, HttpMessageInvoker> _create;
    private readonly SocketDialer _dialer;
    private readonly DestinationOptions _options;
    private readonly Lock _lock = new();
    private readonly Lazy<HttpMessageInvoker> _literals;

    // A cluster has few names: looked through from the beginning.
    private volatile FollowedName[] _names = [];
    private bool _isDisposed;

    /// <summary>Makes one.</summary>
    /// <param name="create">Makes the HTTP client of a name, whose connections get new requests for so long.</param>
    /// <param name="dialer">Knows the addresses of names.</param>
    /// <param name="options">How long connections get new requests, and how often names are looked at.</param>
    public FollowingInvoker(Func<TimeSpan, HttpMessageInvoker> create, SocketDialer dialer, DestinationOptions options)
        : base(new UnusedHandler())
    {
        (_create, _dialer, _options) = (create, dialer, options);
        _literals = new(() => create(options.LifetimeOfLiterals));
    }

    /// <inheritdoc/>
    public override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        request is ProbeRequest probe
            ? probe.SendAsync(() => InvokerOf(probe.RequestUri!))
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
