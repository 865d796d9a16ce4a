using System.Globalization;
using System.Runtime.CompilerServices;

namespace Gateway.Http.Responses;

/// <summary>
/// One request's response, which may have to wait for its client, as a feature of the request. It writes one piece at a time.
/// </summary>
internal sealed class WaitingResponse
{
    private readonly WaitingResponses _all;
    private readonly HttpContext _context;
    private readonly Lock _lock = new();
    private bool _isWaiting;

    public WaitingResponse(WaitingResponses all, HttpContext context, string listener, TimeSpan timeout)
    {
        (_all, _context, Listener, Timeout) = (all, context, listener, timeout);
        Node = new LinkedListNode<WaitingResponse>(this);
    }

    /// <summary>The listener's name.</summary>
    public string Listener { get; }

    /// <summary>How long it may go without progress.</summary>
    public TimeSpan Timeout { get; }

    /// <summary>Why it was ended, if it was.</summary>
    public ResponseEnd Ended { get; private set; }

    /// <summary>In words, for the access log; null: it was not ended.</summary>
    public string? Detail => Ended switch
    {
        ResponseEnd.Timeout => string.Create(
            CultureInfo.InvariantCulture, $"the client took nothing for {Timeout.TotalSeconds} s (HttpLimits:ResponseStallTimeout)"),
        ResponseEnd.Limit => string.Create(
            CultureInfo.InvariantCulture,
            $"{_all.Max} responses wait for their clients, and this one for the longest (Limits:MaxWaitingResponses)"),
        _ => null,
    };

    /// <summary>Its place among those that wait; theirs alone.</summary>
    internal LinkedListNode<WaitingResponse> Node { get; }

    /// <summary>When the piece was handed over that its client does not take; theirs alone.</summary>
    internal long Since { get; set; }

    /// <summary>Waits for a write or a flush. One that is done already costs nothing.</summary>
    public ValueTask WatchAsync(ValueTask write) => write.IsCompleted ? write : WaitAsync(write);

    /// <summary>The same.</summary>
    public Task WatchAsync(Task write) => write.IsCompleted ? write : WaitAsync(new ValueTask(write)).AsTask();

    /// <summary>Ends the request, if it waits still.</summary>
    internal bool TryAbort(ResponseEnd why)
    {
        // Under the lock: the server uses a context again for the connection's next request.
        lock (_lock)
        {
            if (!_isWaiting)
            {
                return false;
            }

            Ended = why;
            _context.Abort();
            return true;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WaitAsync(ValueTask write)
    {
        lock (_lock)
        {
            _isWaiting = true;
        }

        _all.Begin(this);
        try
        {
            await write;
        }
        finally
        {
            _all.End(this);
            lock (_lock)
            {
                _isWaiting = false;
            }
        }
    }
}
