namespace Gateway.Configuration;

/// <summary>The direction of the connections that are diverted.</summary>
public enum CaptureDirection
{
    /// <summary>Connections that arrive at this host (or pod).</summary>
    Inbound,

    /// <summary>Connections that processes of this host (or pod) open.</summary>
    Outbound,
}
