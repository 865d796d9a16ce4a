using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;

namespace Gateway.Testing.Kubernetes;

/// <summary>What is wrong with the test server, on demand.</summary>
public sealed class ApiFaults
{
    private readonly ConcurrentQueue<int> _statuses = new();
    private (string? End, int Status) _path;
    private int _resets;

    /// <summary>The only token that is good; null: none is asked for.</summary>
    public string? Token { get; set; }

    /// <summary>Whether each connection is reset without an answer.</summary>
    public bool IsAway { get; set; }

    /// <summary>How long each answer takes.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Whether each event of a watch comes in two parts, with time between them.</summary>
    public bool SplitsEvents { get; set; }

    /// <summary>Answers the next requests with these statuses.</summary>
    public void FailNext(params ReadOnlySpan<int> statuses)
    {
        foreach (var status in statuses)
        {
            _statuses.Enqueue(status);
        }
    }

    /// <summary>Answers all writes to a path that ends like this with a status; null: none.</summary>
    public void FailStatus(string? end, int status) => _path = (end, status);

    /// <summary>Resets the connection of the next events in the middle of each event's object.</summary>
    public void ResetInNextEvents(int events = 1) => Interlocked.Add(ref _resets, events);

    internal bool TryTakeStatus(HttpRequest request, out int status)
    {
        if (_path is ({ } end, var refused) && request.Method != "GET" && request.Path.Value!.EndsWith(end, StringComparison.Ordinal))
        {
            status = refused;
            return true;
        }

        return _statuses.TryDequeue(out status);
    }

    internal bool TryTakeReset()
    {
        if (Interlocked.Decrement(ref _resets) >= 0)
        {
            return true;
        }

        Interlocked.Increment(ref _resets);
        return false;
    }
}
