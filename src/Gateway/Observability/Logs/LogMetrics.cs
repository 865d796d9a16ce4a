using System.Diagnostics.Metrics;

namespace Gateway.Observability.Logs;

/// <summary>Lines of the log that nobody will read.</summary>
internal sealed class LogMetrics
{
    private static readonly KeyValuePair<string, object?> QueueFull = new("reason", "queue_full");
    private static readonly KeyValuePair<string, object?> WriteFailed = new("reason", "write_failed");

    private long _unqueued;
    private long _unwritten;

    public LogMetrics(IMeterFactory meters) => meters.Create(ConfigMetrics.MeterName).CreateObservableCounter(
        "gateway.log.dropped",
        () => (Measurement<long>[])[new(Interlocked.Read(ref _unqueued), QueueFull), new(Interlocked.Read(ref _unwritten), WriteFailed)],
        "{line}", "Lines of the log that were lost.");

    /// <summary>All of them.</summary>
    public long Dropped => Interlocked.Read(ref _unqueued) + Interlocked.Read(ref _unwritten);

    /// <summary>The reader of the log is slower than what is written, or stalls.</summary>
    public void NoRoom() => Interlocked.Increment(ref _unqueued);

    /// <summary>A line could not be written (whole), or not be formatted.</summary>
    public void Failed() => Interlocked.Increment(ref _unwritten);
}
