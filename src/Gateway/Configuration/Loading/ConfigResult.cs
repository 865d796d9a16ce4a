namespace Gateway.Configuration.Loading;

/// <summary>What reading a configuration gave.</summary>
/// <param name="Config">
/// The configuration, with network names replaced by their CIDRs and references spelt as declared; null if there are errors.
/// </param>
/// <param name="Errors">Every error; of very many the first ones, and how many more there are.</param>
/// <param name="Warnings">Every warning; likewise.</param>
/// <param name="Flat">The section Logging for <c>IConfiguration</c>: keys <c>Logging:LogLevel:Default</c>, environment included.</param>
internal sealed record ConfigResult(
    GatewayConfig? Config,
    IReadOnlyList<ConfigIssue> Errors,
    IReadOnlyList<ConfigIssue> Warnings,
    IReadOnlyDictionary<string, string?> Flat)
{
    /// <summary>How many errors there are, told or not.</summary>
    public int ErrorCount { get; init; }

    /// <summary>How many warnings there are, told or not.</summary>
    public int WarningCount { get; init; }
}
