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
    /// <param name="end">Why the relay ended.</param>
    /// <param name="guardAs">The refusal that is reported if the guard stopped the relay.</param>
    public static Outcome Of(RelayEnd end, IdentificationRefusal guardAs) => end switch
    {
        RelayEnd.ClientFin => new(CloseReason.ClientFin),
        RelayEnd.BackendFin => new(CloseReason.BackendFin),
        RelayEnd.ClientReset => new(CloseReason.ClientReset),
        RelayEnd.BackendReset => new(CloseReason.BackendReset),
        RelayEnd.IdleTimeout => new(CloseReason.IdleTimeout),
        RelayEnd.HalfClosedTimeout => new(CloseReason.IdleTimeout, "half_closed"),
        RelayEnd.MaxDuration => new(CloseReason.MaxDuration),
        RelayEnd.Drain => new(CloseReason.Drain),
        RelayEnd.Limit => new(CloseReason.Limit),
        RelayEnd.Unhealthy => new(CloseReason.Unhealthy),
        RelayEnd.Admin => new(CloseReason.Admin),
        RelayEnd.Refused => Of(guardAs),
        _ => new(CloseReason.Error),
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
