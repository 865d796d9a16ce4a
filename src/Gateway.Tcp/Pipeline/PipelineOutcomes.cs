using Gateway.Tcp.Dialing;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Relaying;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Pipeline;

/// <summary>Turns the results of the dialer and of a relay into the outcome of the client's connection.</summary>
internal static class PipelineOutcomes
{
    /// <summary>The reason for a dial that failed.</summary>
    public static CloseReason Of(DialFailure failure, TcpConnection client) => failure switch
    {
        DialFailure.Timeout => CloseReason.BackendConnectTimeout,
        DialFailure.Tls => CloseReason.BackendTls,
        DialFailure.Self => CloseReason.Self,
        DialFailure.SourceIp => CloseReason.SourceIpUnusable,
        DialFailure.NoAddress => CloseReason.NoDestination,
        DialFailure.NoHealthyDestination => CloseReason.NoHealthyDestination,
        DialFailure.Resources => CloseReason.Resources,
        DialFailure.DestinationLimit => CloseReason.DestinationLimit,
        DialFailure.Aborted => client.AbortReason is null ? CloseReason.ClientReset : CloseReason.Drain,
        _ => CloseReason.BackendConnectFailed,
    };

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
