using System.Diagnostics.Metrics;

namespace Gateway.Configuration.Validation;

/// <summary>
/// A single meter for all metrics of routing and YARP in a trial, with a name that is not exported. Each trial would otherwise create
/// meters with the usual names. An exporter would take their instruments, keep some hundred KB for each after its meter has gone, and
/// accept no more instruments after a thousand.
/// </summary>
internal sealed class SilentMeters : IMeterFactory
{
    private readonly Meter _meter = new("Gateway.Configuration");

    /// <summary>
    /// The factory for the whole process. It can be shared, because a meter returns the same instrument for the same name.
    /// </summary>
    public static IMeterFactory Shared { get; } = new SilentMeters();

    public Meter Create(MeterOptions options) => _meter;

    public void Dispose()
    {
    }
}
