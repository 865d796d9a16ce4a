using System.Globalization;
using System.Runtime.CompilerServices;

namespace Gateway.Http.Responses;

/// <summary>
/// The response of a request, which may have to wait for the client. One write is under way at a time. Every request has such an object, so
/// what only a wait needs is made by the first wait.
/// </summary>
internal sealed class WaitingResponse(WaitingResponses all, HttpContext context, string listener, TimeSpan timeout)
{
    private Lock? _lock;
    private bool _isWaiting;

    /// <summary>The listener's name.</summary>
    public string Listener => listener;

    /// <summary>How long the response may wait without progress.</summary>
    public TimeSpan Timeout => timeout;

    /// <summary>Why the gateway ended the response, if it did.</summary>
    public ResponseEnd Ended { get; private set; }

    /// <summary>The reason as text for the access log; null if the gateway did not end the response.</summary>
    public string? Detail => Ended switch
    {
        ResponseEnd.Timeout => string.Create(
            CultureInfo.InvariantCulture, $"the client took nothing for {Timeout.TotalSeconds} s (HttpLimits:ResponseStallTimeout)"),
        ResponseEnd.Limit => string.Create(
            CultureInfo.InvariantCulture,
            $"{all.Max} responses wait for their clients, and this one for the longest (Limits:MaxWaitingResponses)"),
        _ => null,
    };

    /// <summary>The node in the list of waiting responses. Only the set of waiting responses uses it.</summary>
    internal LinkedListNode<WaitingResponse>? Node { get; set; }

    /// <summary>When the waiting write began. Only the set of waiting responses uses it.</summary>
    internal long Since { get; set; }

    /// <summary>Watches a write or a flush. Costs nothing if the write has already completed.</summary>
    public ValueTask WatchAsync(ValueTask write) => write.IsCompleted ? write : WaitAsync(write);

    /// <summary>Watches a write or a flush.</summary>
    public Task WatchAsync(Task write) => write.IsCompleted ? write : WaitAsync(new ValueTask(write)).AsTask();

    /// <summary>Ends the request, if its response still waits.</summary>
    internal bool TryAbort(ResponseEnd why)
    {
        // Under the lock, because the server reuses the context for the connection's next request.
        lock (_lock!)
        {
            if (!_isWaiting)
            {
                return false;
            }

            Ended = why;
            context.Abort();
            return true;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WaitAsync(ValueTask write)
    {
        _lock ??= new Lock();
        lock (_lock)
        {
            _isWaiting = true;
        }

        all.Begin(this);
        try
        {
            await write;
        }
        finally
        {
            all.End(this);
            lock (_lock)
            {
                _isWaiting = false;
            }
        }
    }
}
