using System.Diagnostics.Metrics;

namespace Gateway.Tcp.Telemetry;

/// <summary>The name, buckets and labels that all instruments of the TCP data plane share.</summary>
internal static class TcpMeter
{
    /// <summary>The meter's name.</summary>
    public const string Name = "Gateway.Tcp";

    /// <summary>Histogram buckets for durations of a round trip or two.</summary>
    public static readonly InstrumentAdvice<double> ShortDurations = new()
    {
        HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    };

    /// <summary>Makes a label.</summary>
    public static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
