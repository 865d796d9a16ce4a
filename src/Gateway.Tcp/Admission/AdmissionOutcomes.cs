using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Admission;

/// <summary>The outcomes of connections and requests that a listener does not admit.</summary>
internal static class AdmissionOutcomes
{
    /// <summary>A network of <c>Access:Deny</c> contains the client.</summary>
    public static readonly Outcome Denied = new(CloseReason.AccessDenied, nameof(Denied));

    /// <summary>No network of <c>Access:Allow</c> contains the client.</summary>
    public static readonly Outcome NotAllowed = new(CloseReason.AccessDenied, nameof(NotAllowed));

    /// <summary>The connection has no SPIFFE id of a trust domain in <c>Access:TrustDomains</c>.</summary>
    public static readonly Outcome NotInTrustDomain = new(CloseReason.AccessDenied, nameof(NotInTrustDomain));

    /// <summary>The listener has <c>Limits:MaxConnections</c> connections.</summary>
    public static readonly Outcome ListenerConnections = new(CloseReason.ListenerLimit);

    /// <summary>The client has <c>Limits:PerClient:MaxConnections</c> connections.</summary>
    public static readonly Outcome ClientConnections = new(CloseReason.ClientLimit, "MaxConnections");

    /// <summary>The client opens more connections than <c>Limits:PerClient:ConnectionsPerSecond</c>.</summary>
    public static readonly Outcome ClientRate = new(CloseReason.ClientLimit, "ConnectionsPerSecond");
}
