namespace Gateway.Configuration.Loading;

/// <summary>The result of reading a configuration.</summary>
/// <param name="Config">
/// The configuration, with network names replaced by their CIDRs and references spelt as in the declaration; null if there are errors.
/// </param>
/// <param name="Errors">All errors. If there are very many: the first ones, and how many more there are.</param>
/// <param name="Warnings">All warnings, with the same limit.</param>
/// <param name="Flat">The section Logging for <c>IConfiguration</c>: keys <c>Logging:LogLevel:Default</c>, environment included.</param>
internal sealed record ConfigResult(
    GatewayConfig? Config,
    IReadOnlyList<ConfigIssue> Errors,
    IReadOnlyList<ConfigIssue> Warnings,
    IReadOnlyDictionary<string, string?> Flat)
{
    /// <summary>The number of all errors, also of those that are not in the list.</summary>
    public int ErrorCount { get; init; }

    /// <summary>The number of all warnings, also of those that are not in the list.</summary>
    public int WarningCount { get; init; }

    /// <summary>
    /// The object of a cluster from which an entry comes, by the entry's key path: <c>TCPRoute default/redis</c>. All other entries come
    /// from the file.
    /// </summary>
    public IReadOnlyDictionary<string, string> Origins { get; init; } = new Dictionary<string, string>();
}
