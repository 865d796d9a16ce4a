namespace Gateway.Observability;

/// <summary>
/// The standard OTEL_* variables that decide whether and where to export by OTLP. They change nothing else: Prometheus always works.
/// </summary>
internal static class OtlpVariables
{
    /// <summary>The variable is not passed to the SDK, because the SDK would switch off all metrics, also for Prometheus.</summary>
    public const string Disabled = "OTEL_SDK_DISABLED";

    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>Whether a signal must be exported.</summary>
    /// <param name="environment">The environment.</param>
    /// <param name="signal"><c>METRICS</c> or <c>TRACES</c>.</param>
    public static bool AskFor(IReadOnlyDictionary<string, string> environment, string signal) =>
        !IsDisabled(environment)
        && environment.GetValueOrDefault($"OTEL_{signal}_EXPORTER") is null or "otlp"
        && (
            environment.GetValueOrDefault(EndpointOf(signal)) is { Length: > 0 } own
                ? IsUrl(own)
                : IsUrl(environment.GetValueOrDefault(Endpoint)));

    /// <summary>The variables whose endpoint is not a URL, so that nothing is exported there.</summary>
    public static IEnumerable<(string Name, string Value)> FindBadEndpoints(IReadOnlyDictionary<string, string> environment) =>
        from name in (string[])[Endpoint, EndpointOf("METRICS"), EndpointOf("TRACES")]
        let value = environment.GetValueOrDefault(name)
        where !IsDisabled(environment) && value is { Length: > 0 } && !IsUrl(value)
        select (name, value);

    private static bool IsDisabled(IReadOnlyDictionary<string, string> environment) =>
        string.Equals(environment.GetValueOrDefault(Disabled), "true", StringComparison.OrdinalIgnoreCase);

    private static string EndpointOf(string signal) => $"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT";

    private static bool IsUrl(string? text) => Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https";
}
