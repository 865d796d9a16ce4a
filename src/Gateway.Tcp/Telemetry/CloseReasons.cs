namespace Gateway.Tcp.Telemetry;

/// <summary>
/// The only table of close reasons. A new reason needs a member of <see cref="CloseReason"/>, a row here and a line in docs/metrics.md. The
/// row creates the series at zero from the start, and the warning.
/// </summary>
internal static class CloseReasons
{
    private static readonly ReasonRow[] Rows = Table();

    /// <summary>The row of a reason.</summary>
    public static ReasonRow Row(CloseReason reason) => Rows[(int)reason];

    /// <summary>The value of the label <c>reason</c>.</summary>
    public static string Label(this CloseReason reason) => Rows[(int)reason].Label;

    /// <summary>The reasons that count in any of the given series.</summary>
    public static IReadOnlyList<CloseReason> In(ReasonSeries series) =>
        [.. Rows.Where(row => (row.Series & series) != 0).Select(static row => row.Reason)];

    private static ReasonRow[] Table()
    {
        const OutcomeSide ours = OutcomeSide.Gateway;
        const OutcomeSide client = OutcomeSide.Client;
        const OutcomeSide backend = OutcomeSide.Backend;
        const ReasonSeries closed = ReasonSeries.Closed;
        const ReasonSeries fault = ReasonSeries.Closed | ReasonSeries.Faults;
        const ReasonSeries tcp = ReasonSeries.RejectedTcp;
        const ReasonSeries both = ReasonSeries.RejectedTcp | ReasonSeries.RejectedHttp;
        const ReasonSeries all = both | ReasonSeries.RejectedOwn;
        const ReasonSeries own = ReasonSeries.RejectedOwn;
        const OutcomeWarning refused = OutcomeWarning.Refused;
        const OutcomeWarning refusedClient = OutcomeWarning.RefusedClient;
        const OutcomeWarning unreachable = OutcomeWarning.Unreachable;
        ReasonRow[] rows =
        [
            new(CloseReason.Error, "error", ours, OutcomePhase.Carry, fault | tcp),
            new(CloseReason.ClientFin, "client_fin", client, OutcomePhase.Carry, closed),
            new(CloseReason.BackendFin, "backend_fin", backend, OutcomePhase.Carry, closed),
            new(CloseReason.ClientReset, "client_reset", client, OutcomePhase.Carry, closed | both),
            new(CloseReason.BackendReset, "backend_reset", backend, OutcomePhase.Carry, closed),
            new(CloseReason.IdleTimeout, "idle_timeout", ours, OutcomePhase.Carry, closed),
            new(CloseReason.MaxDuration, "max_duration", ours, OutcomePhase.Carry, closed),
            new(CloseReason.Drain, "drain", ours, OutcomePhase.Carry, closed),
            new(CloseReason.Unhealthy, "unhealthy", ours, OutcomePhase.Carry, closed),
            new(CloseReason.Admin, "admin", ours, OutcomePhase.Carry, closed | both),
            new(CloseReason.LateHeader, "late_header", client, OutcomePhase.Carry, closed, refused),
            new(CloseReason.UntrustedHeader, "untrusted_header", client, OutcomePhase.Carry, closed, refused),
            new(CloseReason.NestedHeader, "nested_header", client, OutcomePhase.Carry, closed, refused),
            new(CloseReason.BackendConnectFailed, "backend_connect_failed", backend, OutcomePhase.Dial, fault, unreachable),
            new(CloseReason.BackendConnectTimeout, "backend_connect_timeout", backend, OutcomePhase.Dial, fault, unreachable),
            new(CloseReason.Self, "self", ours, OutcomePhase.Dial, fault, unreachable),
            new(CloseReason.BackendSendFailed, "backend_send_failed", backend, OutcomePhase.Dial, closed, unreachable),
            new(CloseReason.SourceIpUnusable, "source_ip", ours, OutcomePhase.Dial, fault, refused),
            new(CloseReason.Resources, "resources", ours, OutcomePhase.Dial, fault | both, refused),
            new(CloseReason.DestinationLimit, "destination_limit", ours, OutcomePhase.Dial, fault, refused),
            new(CloseReason.Limit, "limit", ours, OutcomePhase.Accept, closed | both, refused),
            new(CloseReason.AccessDenied, "access_denied", client, OutcomePhase.Identify, both, refusedClient),
            new(CloseReason.ClientLimit, "client_limit", client, OutcomePhase.Identify, both, refusedClient),
            new(CloseReason.ListenerLimit, "listener_limit", ours, OutcomePhase.Identify, both, refusedClient),
            new(CloseReason.RouteLimit, "route_limit", ours, OutcomePhase.Route, tcp, refusedClient),
            new(CloseReason.Draining, "draining", ours, OutcomePhase.Accept, both),
            new(CloseReason.ProxyProtocol, "proxy_protocol", client, OutcomePhase.Identify, all, refused),
            new(CloseReason.Toa, "toa", client, OutcomePhase.Identify, both, refused),
            new(CloseReason.ClientHello, "client_hello", client, OutcomePhase.Identify, tcp, refused),
            new(CloseReason.Tls, "tls", client, OutcomePhase.Identify, both, refused),
            new(CloseReason.BackendTls, "backend_tls", backend, OutcomePhase.Dial, fault, unreachable),
            new(CloseReason.NoRoute, "no_route", ours, OutcomePhase.Route, tcp, refused),
            new(CloseReason.NoDestination, "no_destination", ours, OutcomePhase.Route, fault | tcp, unreachable),
            new(CloseReason.NoHealthyDestination, "no_healthy_destination", ours, OutcomePhase.Route, fault | tcp, unreachable),
            new(CloseReason.OriginalDestination, "original_destination", client, OutcomePhase.Route, closed | tcp, refused),
            new(CloseReason.HealthCheck, "health_check", client, OutcomePhase.Identify, closed),
            new(CloseReason.GaveWay, "gave_way", ours, OutcomePhase.Accept, own),
            new(CloseReason.Silent, "silent", client, OutcomePhase.Accept, own),
            new(CloseReason.FrameFlood, "frame_flood", client, OutcomePhase.Carry, ReasonSeries.None),
        ];
        return [.. rows.OrderBy(static row => row.Reason)];
    }
}
