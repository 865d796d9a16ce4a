using System.Net;

namespace Gateway.Http.Forwarded;

/// <summary>
/// Whose request this is. A connection from a CDN carries many clients, so a request may know more than its connection. Immutable; as a
/// feature it is the connection's own unless X-Forwarded-For said more.
/// </summary>
internal sealed record ClientIdentity
{
    /// <summary>The client, unmapped: found through trusted hops, else the <see cref="Hop"/>. What X-Real-IP carries.</summary>
    public required IPAddress Client { get; init; }

    /// <summary>The connection's client, unmapped: what is appended to X-Forwarded-For.</summary>
    public required IPAddress Hop { get; init; }

    /// <summary>Whether what the hop wrote into X-Forwarded-* is believed.</summary>
    public bool IsHopTrusted { get; init; }
}
