namespace Gateway.Configuration;

/// <summary>Traces of TCP connections (<c>Tracing</c>). Where they go to is said by the OTEL_* variables.</summary>
public sealed record TracingConfig
{
    /// <summary>
    /// The share of TCP connections, 0 to 1, that have a span when traces are exported. Defaults to 0: none. Requests follow the sampling
    /// of the trace that they belong to, and OTEL_TRACES_SAMPLER.
    /// </summary>
    public double SampleRatio { get; init; }
}
