using System.Diagnostics.Metrics;

namespace Gateway.Tcp.Telemetry;

/// <summary>The counter of destinations that were left out, which the checks of both planes share.</summary>
public static class EjectionCounter
{
    /// <summary>The counter. A factory returns the same meter, and a meter the same counter, when it is asked again.</summary>
    public static Counter<long> Create(IMeterFactory meters)
    {
        ArgumentNullException.ThrowIfNull(meters);
        return Create(meters.Create(TcpMeter.Name));
    }

    /// <summary>The counter of the TCP data plane's meter.</summary>
    internal static Counter<long> Create(Meter meter) =>
        meter.CreateCounter<long>("gateway.destination.ejections", "{ejection}", "Times that a destination was left out.");
}
