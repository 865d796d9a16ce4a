using System.Diagnostics;
using System.Diagnostics.Metrics;
using Gateway.Linux;
using Gateway.Tcp.Admission;

namespace Gateway.Observability;

/// <summary>
/// Metrics of the process with the names of Prometheus's own client libraries (<c>process_*</c>), because dashboards and alerts use these
/// names; and how much of the connection limit is used. (The OpenTelemetry package for processes has other names and no descriptors.)
/// </summary>
internal sealed class ProcessMetrics
{
    private readonly Process _process = Process.GetCurrentProcess();

    public ProcessMetrics(IMeterFactory meters, ConnectionLimit limit)
    {
        var meter = meters.Create(ConfigMetrics.MeterName);
        meter.CreateObservableCounter(
            "process.cpu.seconds",
            () => Refreshed().TotalProcessorTime.TotalSeconds,
            "s",
            "User and system CPU time.");
        meter.CreateObservableGauge("process.resident_memory", () => Refreshed().WorkingSet64, "By", "Resident memory.");
        meter.CreateObservableGauge("process.virtual_memory", () => Refreshed().VirtualMemorySize64, "By", "Virtual memory.");
        meter.CreateObservableGauge("process.threads", () => Refreshed().Threads.Count, description: "Threads of the operating system.");
        var startTime = new DateTimeOffset(_process.StartTime).ToUnixTimeMilliseconds() / 1000.0;
        meter.CreateObservableGauge("process.start_time", () => startTime, "s", "Start of the process since the Unix epoch.");
        if (OperatingSystem.IsLinux())
        {
            meter.CreateObservableGauge("process.open_fds", static () => OpenDescriptors.Count(), description: "Open file descriptors.");
        }
        if (DescriptorLimit.Read() is { } most)
        {
            meter.CreateObservableGauge("process.max_fds", () => most, description: "Most open file descriptors.");
        }
        meter.CreateObservableGauge(
            "gateway.connection.limit",
            () => limit.Max,
            description: "The most connections of clients at once, TCP and HTTP together.");
        meter.CreateObservableGauge(
            "gateway.connection.count",
            () => limit.Count,
            description: "Connections of clients that take a place of this limit.");
    }

    private Process Refreshed()
    {
        _process.Refresh();
        return _process;
    }
}
