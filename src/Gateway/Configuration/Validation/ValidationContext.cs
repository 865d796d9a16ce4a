namespace Gateway.Configuration.Validation;

/// <summary>What a validator looks at, and where it reports.</summary>
/// <param name="Config">The configuration as bound. What could not be read has its default, so a validator may not assume that references hold.</param>
/// <param name="Present">Paths of the keys that were written.</param>
/// <param name="Issues">Takes errors and warnings.</param>
internal sealed record ValidationContext(GatewayConfig Config, IReadOnlySet<string> Present, ConfigIssues Issues);
