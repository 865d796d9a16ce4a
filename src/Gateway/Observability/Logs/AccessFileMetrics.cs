using System.Diagnostics.Metrics;

namespace Gateway.Observability.Logs;

/// <summary>Metrics of lines that the file of the access log did not take.</summary>
internal sealed class AccessFileMetrics(IMeterFactory meters)
    : LogMetrics(meters, "gateway.access_log.dropped", "Lines that the file of the access log did not take.");
