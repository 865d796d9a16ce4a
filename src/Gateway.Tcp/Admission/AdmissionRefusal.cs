namespace Gateway.Tcp.Admission;

/// <summary>Why a listener does not admit a client.</summary>
public enum AdmissionRefusal : byte
{
    /// <summary>The listener admits the client.</summary>
    None,

    /// <summary>A network of <c>Access:Deny</c> contains the client.</summary>
    Denied,

    /// <summary>No network of <c>Access:Allow</c> contains the client.</summary>
    NotAllowed,

    /// <summary>The connection has no SPIFFE id of a trust domain in <c>Access:TrustDomains</c>.</summary>
    NotInTrustDomain,

    /// <summary>The listener has <c>Limits:MaxConnections</c> connections.</summary>
    ListenerConnections,

    /// <summary>The client has <c>Limits:PerClient:MaxConnections</c> connections.</summary>
    ClientConnections,

    /// <summary>The client opens more connections than <c>Limits:PerClient:ConnectionsPerSecond</c>.</summary>
    ClientRate,
}
