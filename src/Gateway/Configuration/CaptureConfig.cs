using Gateway.Tcp.Configuration;

namespace Gateway.Configuration;

/// <summary>
/// Which connections <c>Gateway redirect</c> diverts to an intercepting listener (<c>Listeners:NAME:Capture</c>), in addition to the ports
/// and networks that the listener's routes match.
/// </summary>
public sealed record CaptureConfig
{
    /// <summary>The direction of the connections that are diverted. Defaults to Inbound.</summary>
    public CaptureDirection Direction { get; init; }

    /// <summary>Ports that are not diverted. Defaults to none; the ports of the gateway's own listeners are never diverted.</summary>
    public IReadOnlyList<PortRange> ExcludePorts { get; init; } = [];

    /// <summary>
    /// CIDRs or names of <c>Networks</c> that are not diverted: networks of clients (Inbound) or of destinations (Outbound). Defaults to
    /// none.
    /// </summary>
    public IReadOnlyList<string> ExcludeCidrs { get; init; } = [];

    /// <summary>
    /// Ids of users whose connections are not diverted (Outbound). Must include the gateway's own user, unless each of the listener's
    /// routes has a <c>SourceIp:Mark</c>, because the gateway's connections would otherwise be diverted to itself without end. Defaults to
    /// none.
    /// </summary>
    public IReadOnlyList<int> ExcludeUids { get; init; } = [];

    /// <summary>
    /// SO_MARK of the listener's connections (TProxy). By this mark the return rules tell the gateway's packets to clients from those of
    /// the application. Defaults to 2338.
    /// </summary>
    public int Mark { get; init; } = 2338;
}
