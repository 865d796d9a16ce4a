using System.Diagnostics.Metrics;

namespace Gateway.Configuration.Validation;

/// <summary>
/// One meter for everything that routing and YARP measure in a trial, under a name that nobody exports. An exporter takes an instrument of
/// a known name from any meter, keeps what it needs for it (some hundred KB) when the meter has gone, and takes no more after a thousand.
/// </summary>
internal sealed class SilentMeters : IMeterFactory
{
    private readonly Meter _meter = new("Gateway.Configuration");

    /// <summary>The one for the whole process: a meter gives the same instrument to all who ask for it.</summary>
    public static IMeterFactory Shared { get; } = new SilentMeters();

    public Meter Create(MeterOptions options) => _meter;

    public void Dispose()
    {
    }
}
