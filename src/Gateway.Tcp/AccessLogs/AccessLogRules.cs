using System.Collections.Frozen;

namespace Gateway.Tcp.AccessLogs;

/// <summary>What the access log writes. Immutable; a reload replaces the whole object.</summary>
public sealed class AccessLogRules
{
    private readonly FrozenDictionary<string, ListenerAccessLog>? _listeners;

    /// <summary>Makes rules.</summary>
    /// <param name="start">Whether there are start lines.</param>
    /// <param name="interval">The time between two interval lines of a connection; null: there are none.</param>
    /// <param name="fields">The fields of each line, in order; null: today's line.</param>
    /// <param name="listeners">The listeners with rules of their own, by name.</param>
    public AccessLogRules(
        bool start = false,
        TimeSpan? interval = null,
        IReadOnlyList<AccessField>? fields = null,
        IReadOnlyDictionary<string, ListenerAccessLog>? listeners = null)
    {
        (Start, Interval) = (start, interval);
        TcpFields = fields?.Where(static field => field.IsTcp).ToArray();
        HttpFields = fields?.Where(static field => field.IsHttp).ToArray();
        NeedsBackendLocal = Has(TcpFields, AccessFieldKind.BackendLocal);
        NeedsResponseStart = Has(HttpFields, AccessFieldKind.FirstByte);
        _listeners = listeners is { Count: > 0 } ? listeners.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase) : null;
    }

    /// <summary>The rules of a configuration that says nothing: one line at the end, with the fields that it always had.</summary>
    public static AccessLogRules Default { get; } = new();

    /// <summary>Whether there are start lines.</summary>
    public bool Start { get; }

    /// <summary>The time between two interval lines of a connection; null: there are none.</summary>
    public TimeSpan? Interval { get; }

    /// <summary>The chosen fields of TCP lines; null: none were chosen.</summary>
    public IReadOnlyList<AccessField>? TcpFields { get; }

    /// <summary>The chosen fields of HTTP lines; null: none were chosen.</summary>
    public IReadOnlyList<AccessField>? HttpFields { get; }

    /// <summary>Whether a line has our address of the backend's connection. It costs a system call.</summary>
    public bool NeedsBackendLocal { get; }

    /// <summary>Whether a line has the time until a response began.</summary>
    public bool NeedsResponseStart { get; }

    /// <summary>Whether the lines of a connection are written, all of them or none.</summary>
    /// <param name="listener">The listener.</param>
    /// <param name="number">The connection's number.</param>
    /// <param name="isFault">Whether the line is of a connection that was refused or failed: it is left out only if the log is off.</param>
    public bool Writes(string listener, long number, bool isFault = false) =>
        _listeners is null || !_listeners.TryGetValue(listener, out var own)
            || (own.IsEnabled && (isFault || ConnectionSample.Has(number, own.Sample)));

    /// <summary>Whether every connection of a listener has its line. Then its number is not needed.</summary>
    public bool WritesAll(string listener) =>
        _listeners is null || !_listeners.TryGetValue(listener, out var own) || own is { IsEnabled: true, Sample: >= 1 };

    private static bool Has(IReadOnlyList<AccessField>? fields, AccessFieldKind kind) => fields?.Any(field => field.Kind == kind) == true;
}
