namespace Gateway.Tcp.Telemetry;

/// <summary>
/// The only table of close reasons. A new reason needs a member of <see cref="CloseReason"/>, a row here and a line in
/// docs/troubleshooting.md. The row creates the series at zero from the start, and the warning.
/// </summary>
public static class CloseReasons
{
    private static readonly ReasonRow[] Rows = Table();

    /// <summary>The row of a reason.</summary>
    internal static ReasonRow Row(CloseReason reason) => Rows[(int)reason];

    /// <summary>The value of the label <c>reason</c>.</summary>
    /// <param name="reason">The reason.</param>
    public static string Label(this CloseReason reason) => Rows[(int)reason].Label;

    /// <summary>
    /// Whether the destination is to blame, so that the end counts against its health. A shortage of the gateway, or anything that a client
    /// can cause, says nothing about a destination.
    /// </summary>
    /// <param name="reason">The reason.</param>
    public static bool BlamesDestination(this CloseReason reason) => Row(reason).BlamesDestination;

    /// <summary>Whether another destination may be tried: this one is to blame, and nothing was sent to it.</summary>
    /// <param name="reason">The reason.</param>
    public static bool MayTryAnother(this CloseReason reason) => Row(reason) is { BlamesDestination: true, Phase: OutcomePhase.Dial };

    /// <summary>Whether no destination was reached.</summary>
    /// <param name="reason">The reason.</param>
    public static bool IsUnreachable(this CloseReason reason) => Row(reason).Warning == OutcomeWarning.Unreachable;

    /// <summary>The reasons that count in any of the given series.</summary>
    /// <param name="series">The series.</param>
    public static IReadOnlyList<CloseReason> In(ReasonSeries series) =>
        [.. Rows.Where(row => (row.Series & series) != 0).Select(static row => row.Reason)];

    private static ReasonRow[] Table()
    {
        const OutcomeSide ours = OutcomeSide.Gateway;
        const OutcomeSide client = OutcomeSide.Client;
        const OutcomeSide backend = OutcomeSide.Backend;
        const OutcomePhase accept = OutcomePhase.Accept;
        const OutcomePhase identify = OutcomePhase.Identify;
        const OutcomePhase route = OutcomePhase.Route;
        const OutcomePhase dial = OutcomePhase.Dial;
        const OutcomePhase carry = OutcomePhase.Carry;
        const ReasonSeries closed = ReasonSeries.Closed;
        const ReasonSeries fault = ReasonSeries.Closed | ReasonSeries.Faults;
        const ReasonSeries tcp = ReasonSeries.RejectedTcp;
        const ReasonSeries both = ReasonSeries.RejectedTcp | ReasonSeries.RejectedHttp;
        const ReasonSeries all = both | ReasonSeries.RejectedOwn;
        const ReasonSeries own = ReasonSeries.RejectedOwn;
        const ReasonSeries request = ReasonSeries.Requests;
        const ReasonSeries requestFault = ReasonSeries.Requests | ReasonSeries.RequestFaults;
        const OutcomeWarning none = OutcomeWarning.None;
        const OutcomeWarning refused = OutcomeWarning.Refused;
        const OutcomeWarning refusedClient = OutcomeWarning.RefusedClient;
        const OutcomeWarning unreachable = OutcomeWarning.Unreachable;
        const bool blamed = true;
        ReasonRow[] rows =
        [
            new(CloseReason.Error, "error", ours, carry, fault | tcp | request),
            new(CloseReason.ClientFin, "client_fin", client, carry, closed),
            new(CloseReason.BackendFin, "backend_fin", backend, carry, closed),
            new(CloseReason.ClientReset, "client_reset", client, carry, closed | both),
            new(CloseReason.BackendReset, "backend_reset", backend, carry, closed | request),
            new(CloseReason.IdleTimeout, "idle_timeout", ours, carry, closed | request),
            new(CloseReason.MaxDuration, "max_duration", ours, carry, closed),
            new(CloseReason.Drain, "drain", ours, carry, closed),
            new(CloseReason.Unhealthy, "unhealthy", ours, carry, closed),
            new(CloseReason.Admin, "admin", ours, carry, closed | both),
            new(CloseReason.LateHeader, "late_header", client, carry, closed, refused),
            new(CloseReason.UntrustedHeader, "untrusted_header", client, carry, closed, refused),
            new(CloseReason.NestedHeader, "nested_header", client, carry, closed, refused),
            new(CloseReason.BackendConnectFailed, "backend_connect_failed", backend, dial, fault | requestFault, unreachable, blamed),
            new(CloseReason.BackendConnectTimeout, "backend_connect_timeout", backend, dial, fault | requestFault, unreachable, blamed),
            new(CloseReason.Self, "self", ours, dial, fault, unreachable),
            new(CloseReason.BackendSendFailed, "backend_send_failed", backend, dial, closed, unreachable),
            new(CloseReason.SourceIpUnusable, "source_ip", ours, dial, fault | request, refused),
            new(CloseReason.Resources, "resources", ours, dial, fault | both | request, refused),
            new(CloseReason.DestinationLimit, "destination_limit", ours, dial, fault, refused),
            new(CloseReason.Limit, "limit", ours, accept, closed | both | request, refused),
            new(CloseReason.AccessDenied, "access_denied", client, identify, both | request, refusedClient),
            new(CloseReason.ClientLimit, "client_limit", client, identify, both | request, refusedClient),
            new(CloseReason.ListenerLimit, "listener_limit", ours, identify, both | request, refusedClient),
            new(CloseReason.RouteLimit, "route_limit", ours, route, tcp, refusedClient),
            new(CloseReason.Draining, "draining", ours, accept, both),
            new(CloseReason.ProxyProtocol, "proxy_protocol", client, identify, all, refused),
            new(CloseReason.Toa, "toa", client, identify, both, refused),
            new(CloseReason.ClientHello, "client_hello", client, identify, tcp, refused),
            new(CloseReason.Tls, "tls", client, identify, both, refused),
            new(CloseReason.BackendTls, "backend_tls", backend, dial, fault, unreachable, blamed),
            new(CloseReason.NoRoute, "no_route", ours, route, tcp, refused),
            new(CloseReason.NoDestination, "no_destination", ours, route, fault | tcp | request, unreachable),
            new(CloseReason.NoHealthyDestination, "no_healthy_destination", ours, route, fault | tcp, unreachable),
            new(CloseReason.OriginalDestination, "original_destination", client, route, closed | tcp, refused),
            new(CloseReason.HealthCheck, "health_check", client, identify, closed),
            new(CloseReason.GaveWay, "gave_way", ours, accept, own),
            new(CloseReason.Silent, "silent", client, accept, own),
            new(CloseReason.FrameFlood, "frame_flood", client, carry, ReasonSeries.None),
            new(CloseReason.ClientLeft, "client", client, carry, request),
            new(CloseReason.ResponseStalled, "response_stalled", client, carry, request),
            new(CloseReason.BadRequest, "bad_request", client, route, request),
            new(CloseReason.Loop, "loop", ours, route, request),
            new(CloseReason.Unsendable, "request", client, carry, request),
            new(CloseReason.RequestTimeout, "timeout", ours, carry, request),
            new(CloseReason.BackendNoAnswer, "backend_no_answer", backend, carry, requestFault, none, blamed),
            new(CloseReason.BackendTimeout, "backend_timeout", backend, carry, requestFault, none, blamed),
            new(CloseReason.BackendAnswerBroken, "backend_answer_broken", backend, carry, requestFault, none, blamed),
            new(CloseReason.BackendAnswerInvalid, "backend_answer_invalid", backend, carry, requestFault),
            new(CloseReason.BackendUploadBroken, "backend_upload_broken", backend, carry, request),
        ];
        return [.. rows.OrderBy(static row => row.Reason)];
    }
}
