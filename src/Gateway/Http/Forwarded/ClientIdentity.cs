using System.Net;

namespace Gateway.Http.Forwarded;

/// <summary>
/// The client of a request. It may differ from the connection's client, because a connection from a CDN carries requests of many clients.
/// Immutable. Stored as a feature: requests share their connection's identity, unless the listener reads X-Forwarded-For.
/// </summary>
internal sealed record ClientIdentity
{
    /// <summary>
    /// The client's address, unmapped: found in X-Forwarded-For behind trusted hops, otherwise the <see cref="Hop"/>. Sent in X-Real-IP.
    /// </summary>
    public required IPAddress Client { get; init; }

    /// <summary>The address of the connection's client, unmapped. Appended to X-Forwarded-For.</summary>
    public required IPAddress Hop { get; init; }

    /// <summary>Whether the X-Forwarded-* headers that the hop sent are trusted.</summary>
    public bool IsHopTrusted { get; init; }
}
