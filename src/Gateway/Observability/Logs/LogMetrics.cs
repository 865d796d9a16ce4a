using System.Diagnostics.Metrics;

namespace Gateway.Observability.Logs;

/// <summary>Metrics of lost lines of the log.</summary>
internal class LogMetrics
{
    private static readonly KeyValuePair<string, object?> QueueFull = new("reason", "queue_full");
    private static readonly KeyValuePair<string, object?> WriteFailed = new("reason", "write_failed");

    private long _unqueued;
    private long _unwritten;

    public LogMetrics(IMeterFactory meters)
        : this(meters, "gateway.log.dropped", "Lines of the log that were lost.")
    {
    }

    protected LogMetrics(IMeterFactory meters, string instrument, string description) =>
        meters.Create(ConfigMetrics.MeterName).CreateObservableCounter(
            instrument,
            () => (Measurement<long>[])
                [new(Interlocked.Read(ref _unqueued), QueueFull), new(Interlocked.Read(ref _unwritten), WriteFailed)],
            "{line}",
            description);

    /// <summary>The number of all lost lines.</summary>
    public long Dropped => Interlocked.Read(ref _unqueued) + Interlocked.Read(ref _unwritten);

    /// <summary>A line was lost because the queue was full: the reader of the log is too slow, or stalls.</summary>
    public void NoRoom() => Interlocked.Increment(ref _unqueued);

    /// <summary>A line was lost because it could not be formatted, or not be written completely.</summary>
    public void Failed() => Interlocked.Increment(ref _unwritten);
}
