using System.Net;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Status;

/// <summary>
/// A connection as the status page shows it, live or ended: who the client is, how its address was learned, where the connection goes and
/// how the client's address is passed on. It is made when somebody asks for the connection, and once at its end.
/// </summary>
public sealed class ConnectionSummary
{
    /// <summary>A connection that an engine carries.</summary>
    public const string Tcp = "tcp";

    /// <summary>A connection of an HTTP client.</summary>
    public const string Http = "http";

    /// <summary>A connection that the kernel forwards.</summary>
    public const string Dnat = "dnat";

    /// <summary>The number of the connection in this process; of a forwarded connection, the number that conntrack gave.</summary>
    public required long Number { get; init; }

    /// <summary><see cref="Tcp"/>, <see cref="Http"/> or <see cref="Dnat"/>.</summary>
    public required string Protocol { get; init; }

    /// <summary>The client of the connection.</summary>
    public required IPEndPoint Client { get; init; }

    /// <summary>The client of the newest request, if X-Forwarded-For named another than <see cref="Client"/>; otherwise null.</summary>
    public IPAddress? RequestClient { get; init; }

    /// <summary>The other end of the accepted socket.</summary>
    public required IPEndPoint Peer { get; init; }

    /// <summary>How the client of the connection was learned; null: it never was, and <see cref="Client"/> is the peer.</summary>
    public IdentitySource? Source { get; init; }

    /// <summary>The listener's name.</summary>
    public required string Listener { get; init; }

    /// <summary>The route's name; null: none, or none yet.</summary>
    public string? Route { get; init; }

    /// <summary>The cluster's name; null: none, or none yet.</summary>
    public string? Cluster { get; init; }

    /// <summary>The destination's name; null: none, or none yet.</summary>
    public string? Destination { get; init; }

    /// <summary>The address of the backend; null: not connected, or not known.</summary>
    public IPEndPoint? Backend { get; init; }

    /// <summary>How the client's address is passed on; null: not decided yet.</summary>
    public string? Mode { get; init; }

    /// <summary>The server name of the client's TLS; null: none.</summary>
    public string? ServerName { get; init; }

    /// <summary>The method and path of the newest request; null: no HTTP, or no request yet. The client chooses the text.</summary>
    public string? Request { get; init; }

    /// <summary>The number of requests that the connection has carried; null: no HTTP.</summary>
    public int? Requests { get; init; }

    /// <summary>The status of the newest response; null: none yet.</summary>
    public int? Status { get; init; }

    /// <summary>Payload bytes from the client.</summary>
    public long Received { get; init; }

    /// <summary>Payload bytes to the client.</summary>
    public long Sent { get; init; }

    /// <summary>When the connection was accepted; null: not known.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>How it ended, as in the label <c>reason</c>; null: it is live.</summary>
    public string? Reason { get; private set; }

    /// <summary>What else is known of the end; null: nothing.</summary>
    public string? Detail { get; private set; }

    /// <summary>How long it lived. Zero while it is live.</summary>
    public TimeSpan Duration { get; private set; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset ClosedAt { get; private set; }

    /// <summary>The number among the ended connections, from 1; 0: it is live.</summary>
    public long Sequence { get; internal set; }

    /// <summary>The id, which logs and headers have too.</summary>
    public string Id => Protocol == Dnat ? $"{Dnat}-{Number}" : ConnectionIds.Of(Number);

    /// <summary>The client's address: the one of the newest request, or the connection's.</summary>
    public IPAddress ClientAddress => RequestClient ?? Client.Address;

    /// <summary>Notes the end. To be called once, before anybody else sees the object.</summary>
    /// <param name="reason">The reason.</param>
    /// <param name="detail">What else is known; null: nothing.</param>
    /// <param name="duration">How long the connection lived.</param>
    /// <param name="at">When it ended.</param>
    public void End(string reason, string? detail, TimeSpan duration, DateTimeOffset at) =>
        (Reason, Detail, Duration, ClosedAt) = (reason, detail, duration, at);
}
