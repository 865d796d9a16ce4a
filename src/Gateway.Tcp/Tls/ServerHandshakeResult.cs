using Gateway.Tcp.Engines;
using Gateway.Tcp.Identification.Tls;

namespace Gateway.Tcp.Tls;

/// <summary>What a handshake with a client came to.</summary>
/// <param name="Result">For the metric.</param>
/// <param name="Problem">What an operator reads; null: it succeeded.</param>
public sealed record ServerHandshakeResult(TlsResult Result, string? Problem)
{
    /// <summary>No certificate is for the name that the client asked for.</summary>
    public static ServerHandshakeResult Unrecognized { get; } = new(TlsResult.UnrecognizedName, "unrecognized_name");

    /// <summary>The client's side of a relay; null: the handshake failed, or nobody relays.</summary>
    internal RelaySide? Side { get; init; }

    /// <summary>What was agreed on; null: the handshake failed.</summary>
    public TlsSession? Session { get; init; }
}
