using Gateway.Tcp.Configuration;

namespace Gateway.Tcp.Clusters;

/// <summary>
/// How addresses are checked. If the model after a reload is equal to the model before, the checks go on and do not start anew.
/// </summary>
/// <param name="Enabled">False: the name is looked up at each interval, and all its addresses count as healthy.</param>
/// <param name="Interval">Time between two checks of one address.</param>
/// <param name="Timeout">How long a check may take.</param>
/// <param name="Rise">Good checks in a row until a dead address is used again.</param>
/// <param name="Fall">Bad checks in a row until an address is left out.</param>
internal sealed record HealthCheckModel(bool Enabled, TimeSpan Interval, TimeSpan Timeout, int Rise, int Fall)
{
    /// <summary>What a check does. Defaults to a connect.</summary>
    public ProbeModel Probe { get; init; } = ProbeModel.Connect;

    /// <summary>The defaults, for a cluster that must be watched although its configuration has no rules.</summary>
    public static HealthCheckModel Default { get; } = From(new TcpHealthCheckConfig())!;

    /// <summary>How a cluster's destinations are watched; null: not at all.</summary>
    /// <param name="config">The section of the cluster; null: there is none.</param>
    /// <param name="isDnat">
    /// Whether the kernel forwards connections to the cluster. Then names are looked up even if checks are off, because nothing else would
    /// notice that a name has a new address.
    /// </param>
    /// <param name="expected">What the backend expects before the bytes of a check.</param>
    public static HealthCheckModel? Of(TcpHealthCheckConfig? config, bool isDnat, ExpectedOpening expected = default)
    {
        var rules = From(config, expected) ?? (isDnat ? Default : null);
        return rules is { Enabled: true } || isDnat ? rules : null;
    }

    /// <summary>Resolves a section; null if there is none, or it contains <see cref="TcpHealthCheckConfig.Passive"/> alone.</summary>
    public static HealthCheckModel? From(TcpHealthCheckConfig? config, ExpectedOpening expected = default)
    {
        var active = config?.Active ?? (config is { Passive: null } ? new TcpActiveHealthCheckConfig() : null);
        return active is null
            ? null
            : new HealthCheckModel(active.Enabled, active.Interval, active.Timeout, active.Rise, active.Fall)
            {
                Probe = ProbeModel.From(active, expected),
            };
    }
}
