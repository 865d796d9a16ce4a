using Gateway.Tcp.Identification;
using Gateway.Tcp.Relaying;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Pipeline;

/// <summary>Turns the result of a relay and of a guard into the outcome of the client's connection.</summary>
internal static class PipelineOutcomes
{
    /// <summary>The outcome of a relay that ended.</summary>
    /// <param name="relayed">The relay's result.</param>
    /// <param name="guardAs">The refusal that is reported if the guard stopped the relay.</param>
    public static Outcome Of(in RelayResult relayed, IdentificationRefusal guardAs) => relayed.End switch
    {
        CloseReason.UntrustedHeader => Of(guardAs),
        CloseReason.IdleTimeout when relayed.ByHalfClosedTimeout => new(CloseReason.IdleTimeout, "half_closed"),
        var reason => new(reason),
    };

    /// <summary>The outcome if a guard stopped a header after the backend was dialed.</summary>
    public static Outcome Of(IdentificationRefusal guardAs) => new(
        guardAs switch
        {
            IdentificationRefusal.LateHeader => CloseReason.LateHeader,
            IdentificationRefusal.NestedHeader => CloseReason.NestedHeader,
            _ => CloseReason.UntrustedHeader,
        },
        guardAs.ToString());
}
