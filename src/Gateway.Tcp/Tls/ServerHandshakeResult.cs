using Gateway.Tcp.Identification.Tls;
using Gateway.Tcp.Relaying;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Tls;

/// <summary>The result of a handshake with a client.</summary>
/// <param name="Result">The result for the metric.</param>
/// <param name="Problem">The problem for the operator; null: the handshake succeeded.</param>
public sealed record ServerHandshakeResult(TlsResult Result, string? Problem)
{
    /// <summary>No certificate fits the name that the client asked for.</summary>
    public static ServerHandshakeResult Unrecognized { get; } = new(TlsResult.UnrecognizedName, "unrecognized_name");

    /// <summary>The client's side of a relay; null: the handshake failed, or the connection is not relayed.</summary>
    internal RelaySide? Side { get; init; }

    /// <summary>The agreed parameters of the session; null: the handshake failed.</summary>
    public TlsSession? Session { get; init; }

    /// <summary>The outcome of a connection whose handshake failed.</summary>
    /// <param name="isStopped">Whether the gateway was ending the connection.</param>
    public Outcome ToOutcome(bool isStopped) =>
        isStopped ? new Outcome(CloseReason.Draining)
        : Result == TlsResult.Closed ? new Outcome(CloseReason.ClientReset)
        : new Outcome(CloseReason.Tls, Problem);
}
