using Gateway.Tcp.Dialing;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Relaying;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Pipeline;

/// <summary>What the answers of the dialer and of a relay are as an outcome of the client's connection.</summary>
internal static class PipelineOutcomes
{
    /// <summary>A dial has failed.</summary>
    public static CloseReason Of(DialFailure failure, TcpConnection client) => failure switch
    {
        DialFailure.Timeout => CloseReason.BackendConnectTimeout,
        DialFailure.Tls => CloseReason.BackendTls,
        DialFailure.Self => CloseReason.Self,
        DialFailure.SourceIp => CloseReason.SourceIpUnusable,
        DialFailure.NoAddress => CloseReason.NoDestination,
        DialFailure.Resources => CloseReason.Resources,
        DialFailure.Aborted => client.AbortReason is null ? CloseReason.ClientReset : CloseReason.Drain,
        _ => CloseReason.BackendConnectFailed,
    };

    /// <summary>A relay has ended.</summary>
    /// <param name="end">Why.</param>
    /// <param name="guardAs">What a refusal by the guard is called.</param>
    public static Outcome Of(RelayEnd end, IdentificationRefusal guardAs) => end switch
    {
        RelayEnd.ClientFin => new(CloseReason.ClientFin),
        RelayEnd.BackendFin => new(CloseReason.BackendFin),
        RelayEnd.ClientReset => new(CloseReason.ClientReset),
        RelayEnd.BackendReset => new(CloseReason.BackendReset),
        RelayEnd.IdleTimeout => new(CloseReason.IdleTimeout),
        RelayEnd.MaxDuration => new(CloseReason.MaxDuration),
        RelayEnd.Drain => new(CloseReason.Drain),
        RelayEnd.Limit => new(CloseReason.Limit),
        RelayEnd.Refused => Of(guardAs),
        _ => new(CloseReason.Error),
    };

    /// <summary>A guard has stopped a header after the backend was dialed.</summary>
    public static Outcome Of(IdentificationRefusal guardAs) => new(
        guardAs switch
        {
            IdentificationRefusal.LateHeader => CloseReason.LateHeader,
            IdentificationRefusal.NestedHeader => CloseReason.NestedHeader,
            _ => CloseReason.UntrustedHeader,
        },
        guardAs.ToString());
}
