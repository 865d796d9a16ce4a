namespace Gateway.Tcp.Configuration;

/// <summary>Whose TCP options name a client (<c>Listeners:NAME:Toa</c>). Absent: no option is looked at.</summary>
public sealed record ToaConfig
{
    /// <summary>
    /// CIDRs or names of <c>Networks</c>: only these peers' options are believed; those of others are not looked at. Empty is an error.
    /// </summary>
    public IReadOnlyList<string> TrustedProxies { get; init; } = [];

    /// <summary>Kinds and lengths that are believed. Defaults to those of LVS, DPVS and the usual kernel modules.</summary>
    public IReadOnlyList<string> Options { get; init; } = ["254/8", "253/20", "254/20"];

    /// <summary>
    /// Segments that are looked at. Defaults to null: all three, or the SYN alone where the rights for the others are missing (then a
    /// warning is logged). Those that are written have to be possible.
    /// </summary>
    public IReadOnlyList<ToaCarrier>? Carriers { get; init; }

    /// <summary>
    /// How long a peer whose handshake had no option may take for its first byte, where that is looked at or <see cref="Missing"/> is
    /// Reject. Defaults to 500 ms: on one path every other connection has its option by then.
    /// </summary>
    public TimeSpan Wait { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>What a trusted peer without an option is. Defaults to Peer.</summary>
    public MissingToa Missing { get; init; }
}
