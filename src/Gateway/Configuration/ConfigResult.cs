namespace Gateway.Configuration;

/// <summary>What reading a configuration gave.</summary>
/// <param name="Config">The configuration, with network names replaced by their CIDRs and references spelt as declared; null if there are errors.</param>
/// <param name="Errors">Every error.</param>
/// <param name="Warnings">Every warning.</param>
/// <param name="Flat">The section Logging for <c>IConfiguration</c>: keys <c>Logging:LogLevel:Default</c>, environment included.</param>
internal sealed record ConfigResult(
    GatewayConfig? Config,
    IReadOnlyList<ConfigIssue> Errors,
    IReadOnlyList<ConfigIssue> Warnings,
    IReadOnlyDictionary<string, string?> Flat);
