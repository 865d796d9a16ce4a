namespace Gateway.Tcp.Configuration;

/// <summary>Which peers may name a client in a TCP option (<c>Listeners:NAME:Toa</c>). Absent: no option is looked at.</summary>
public sealed record ToaConfig
{
    /// <summary>
    /// CIDRs or names of <c>Networks</c>: only these peers' options are trusted; other peers' options are not looked at. Empty is an error.
    /// </summary>
    public IReadOnlyList<string> TrustedProxies { get; init; } = [];

    /// <summary>The accepted options, by kind and length. Defaults to those of LVS, DPVS and the usual kernel modules.</summary>
    public IReadOnlyList<string> Options { get; init; } = ["254/8", "253/20", "254/20"];

    /// <summary>
    /// Segments in which an option is looked for. Defaults to null: all three, or only the SYN with a logged warning, if the rights for the
    /// other segments are missing. Segments that are written here must be possible.
    /// </summary>
    public IReadOnlyList<ToaCarrier>? Carriers { get; init; }

    /// <summary>
    /// How long the listener waits for the first byte of a peer whose handshake had no option, if the first data segment is looked at or
    /// <see cref="Missing"/> is Reject. Defaults to 500 ms, because other connections on the same path have sent their option by then.
    /// </summary>
    public TimeSpan Wait { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>What happens to a connection of a trusted peer without an option. Defaults to Peer.</summary>
    public MissingToa Missing { get; init; }
}
