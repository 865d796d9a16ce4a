using Gateway.Tcp.Configuration;

namespace Gateway.Configuration;

/// <summary>
/// What <c>Gateway redirect</c> diverts to an intercepting listener (<c>Listeners:NAME:Capture</c>), besides the ports and networks that
/// its routes match.
/// </summary>
public sealed record CaptureConfig
{
    /// <summary>Whose connections. Defaults to Inbound.</summary>
    public CaptureDirection Direction { get; init; }

    /// <summary>Ports that are left alone. Defaults to none; those of our own listeners always are.</summary>
    public IReadOnlyList<PortRange> ExcludePorts { get; init; } = [];

    /// <summary>
    /// CIDRs or names of <c>Networks</c> that are left alone: of clients (Inbound), of destinations (Outbound). Defaults to none.
    /// </summary>
    public IReadOnlyList<string> ExcludeCidrs { get; init; } = [];

    /// <summary>Users whose connections are left alone (Outbound): the gateway's own, or nothing ends. Defaults to none.</summary>
    public IReadOnlyList<int> ExcludeUids { get; init; } = [];

    /// <summary>
    /// SO_MARK of the listener's connections (TProxy), by which the return rules tell what it sends to clients from what the application
    /// sends. Defaults to 2338.
    /// </summary>
    public int Mark { get; init; } = 2338;
}
