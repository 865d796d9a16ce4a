namespace Gateway.Configuration;

/// <summary>Whose connections are captured.</summary>
public enum CaptureDirection
{
    /// <summary>Those that arrive at this host (or pod).</summary>
    Inbound,

    /// <summary>Those that processes of this host (or pod) open.</summary>
    Outbound,
}
