using System.Diagnostics.Metrics;

namespace Gateway.Observability;

/// <summary>Metrics of reloads of the configuration file.</summary>
internal sealed class ConfigMetrics
{
    /// <summary>The name of the host's own meter.</summary>
    public const string MeterName = "Gateway";

    private readonly Counter<long> _reloads;
    private volatile bool _lastSucceeded = true;
    private long _lastLook;
    private volatile bool _isRestartRequired;

    public ConfigMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _reloads = meter.CreateCounter<long>("gateway.config.reload", "{reload}", "Times that a changed configuration file was read.");
        meter.CreateObservableGauge(
            "gateway.config.last_reload_successful",
            () => _lastSucceeded ? 1 : 0,
            description: "1 if the newest configuration file is the one in force, 0 if an older one is.");
        meter.CreateObservableGauge(
            "gateway.config.last_look_timestamp",
            () => Interlocked.Read(ref _lastLook) / 1000.0,
            "s",
            "When the configuration file was last looked at, changed or not, in seconds since 1970.");
        meter.CreateObservableGauge(
            "gateway.config.restart_required",
            () => IsRestartRequired ? 1 : 0,
            description: "1 if the file in force has other values than those in use for keys that are read at start only.");
        meter.CreateObservableGauge(
            "gateway.build.info",
            () => new Measurement<int>(1, new KeyValuePair<string, object?>("version", GatewayVersion.Text)),
            description: "1, with the version as a label.");
        // Both series exist from the start, because rate() needs a series before its first event.
        _reloads.Add(0, new KeyValuePair<string, object?>("result", "succeeded"));
        _reloads.Add(0, new KeyValuePair<string, object?>("result", "failed"));
    }

    /// <summary>The file was read, changed or not.</summary>
    public void Looked(DateTimeOffset at) => Interlocked.Exchange(ref _lastLook, at.ToUnixTimeMilliseconds());

    /// <summary>Whether a value of the file in force waits for the next start.</summary>
    public bool IsRestartRequired
    {
        get => _isRestartRequired;
        set => _isRestartRequired = value;
    }

    public void Reloaded(bool succeeded)
    {
        _lastSucceeded = succeeded;
        _reloads.Add(1, new KeyValuePair<string, object?>("result", succeeded ? "succeeded" : "failed"));
    }
}
