using Gateway.Tcp.Configuration;

namespace Gateway.Tcp.Clusters;

/// <summary>After how many failed connects a destination is left out, and for how long.</summary>
/// <param name="Failures">Failed connects in a row.</param>
/// <param name="EjectionTime">How long the destination is left out before one connection tries it.</param>
/// <param name="MaxEjectedPercent">How many of a cluster's destinations may be left out at once.</param>
internal sealed record PassiveRules(int Failures, TimeSpan EjectionTime, int MaxEjectedPercent)
{
    /// <summary>Resolves a section. Without a section the defaults hold. Null if passive checks are off.</summary>
    public static PassiveRules? From(TcpHealthCheckConfig? config)
    {
        var passive = config?.Passive ?? new TcpPassiveHealthCheckConfig();
        return passive.Enabled ? new PassiveRules(passive.Failures, passive.EjectionTime, passive.MaxEjectedPercent) : null;
    }

    /// <summary>Whether one more of a cluster's destinations may be left out.</summary>
    public bool AllowsAnother(int destinations, int leftOut) =>
        leftOut == 0 || (leftOut + 1) * 100L <= (long)MaxEjectedPercent * destinations;
}
