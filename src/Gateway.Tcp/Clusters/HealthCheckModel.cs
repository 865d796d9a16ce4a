using Gateway.Tcp.Configuration;

namespace Gateway.Tcp.Clusters;

/// <summary>
/// How addresses are checked. Equal models are one kind of check: a reload that changes nothing here does not start anew.
/// </summary>
/// <param name="Enabled">False: addresses are looked up at the interval and taken for healthy.</param>
/// <param name="Interval">Time between two checks of one address.</param>
/// <param name="Timeout">How long a connect may take.</param>
/// <param name="Rise">Good checks in a row until a dead address is used again.</param>
/// <param name="Fall">Bad checks in a row until it is left out.</param>
internal sealed record HealthCheckModel(bool Enabled, TimeSpan Interval, TimeSpan Timeout, int Rise, int Fall)
{
    /// <summary>What holds where the configuration says nothing and somebody must know.</summary>
    public static HealthCheckModel Default { get; } = From(new TcpHealthCheckConfig())!;

    /// <summary>How a cluster's destinations are watched; null: not at all.</summary>
    /// <param name="config">Its section; null: it has none.</param>
    /// <param name="isDnat">
    /// Whether the kernel forwards to it. Then its names are looked up even if checks are off, since nobody else would notice that one
    /// moves.
    /// </param>
    public static HealthCheckModel? Of(TcpHealthCheckConfig? config, bool isDnat)
    {
        var rules = From(config) ?? (isDnat ? Default : null);
        return rules is { Enabled: true } || isDnat ? rules : null;
    }

    /// <summary>Resolves a section; null if there is none, or it speaks of <see cref="TcpHealthCheckConfig.Passive"/> alone.</summary>
    public static HealthCheckModel? From(TcpHealthCheckConfig? config)
    {
        var active = config?.Active ?? (config is { Passive: null } ? new TcpActiveHealthCheckConfig() : null);
        return active is null ? null : new HealthCheckModel(active.Enabled, active.Interval, active.Timeout, active.Rise, active.Fall);
    }
}
