using Gateway.Tls;

namespace Gateway.Http.Backends.Clients;

/// <summary>
/// An HTTP client with certificates of its own. When their files change, another client takes over, because a client keeps the
/// certificates that it started with; the old one ends what it has begun.
/// </summary>
internal sealed class RenewingInvoker : HttpMessageInvoker
{
    // A request that was given the old client a moment ago still sends with it.
    private static readonly TimeSpan Farewell = TimeSpan.FromMinutes(1);

    private readonly Func<ClientCredentials?> _wanted;
    private readonly Func<ClientCredentials?, HttpMessageInvoker> _create;
    private readonly Lock _lock = new();
    private volatile Current _current;
    private bool _isDisposed;

    /// <summary>Makes one.</summary>
    /// <param name="wanted">The certificates now.</param>
    /// <param name="create">Makes a client with certificates.</param>
    public RenewingInvoker(Func<ClientCredentials?> wanted, Func<ClientCredentials?, HttpMessageInvoker> create)
        : base(new UnusedHandler())
    {
        (_wanted, _create) = (wanted, create);
        var now = wanted();
        _current = new Current(now, create(now));
    }

    /// <inheritdoc/>
    public override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var (current, now) = (_current, _wanted());
        var invoker = ReferenceEquals(current.Credentials, now) ? current.Invoker : Renew(now);
        return invoker.SendAsync(request, cancellationToken);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            lock (_lock)
            {
                _isDisposed = true;
            }

            _current.Invoker.Dispose();
        }

        base.Dispose(disposing);
    }

    private HttpMessageInvoker Renew(ClientCredentials? now)
    {
        lock (_lock)
        {
            if (!_isDisposed && !ReferenceEquals(_current.Credentials, now))
            {
                _ = DisposeLaterAsync(_current.Invoker);
                _current = new Current(now, _create(now));
            }

            return _current.Invoker;
        }
    }

    private static async Task DisposeLaterAsync(HttpMessageInvoker old)
    {
        await Task.Delay(Farewell);
        old.Dispose();
    }

    private sealed record Current(ClientCredentials? Credentials, HttpMessageInvoker Invoker);
}
