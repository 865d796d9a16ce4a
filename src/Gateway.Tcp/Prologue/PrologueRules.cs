namespace Gateway.Tcp.Prologue;

/// <summary>The differences between TCP and HTTP before the client of a connection is known.</summary>
public sealed record PrologueRules
{
    /// <summary>
    /// TCP: a client may wait for the server to speak first, so the backend is dialed after some silence, and a guard watches the client's
    /// first bytes. A header that names no client, with nothing behind it, comes from a load balancer's check that is about to close, so no
    /// backend is dialed for that check.
    /// </summary>
    public static PrologueRules Tcp { get; } = new();

    /// <summary>HTTP: the client speaks first, and the HTTP parser does not accept a PROXY header as a request.</summary>
    public static PrologueRules Http { get; } = new()
    {
        ClientSpeaksFirst = true,
        WatchesForNestedHeaders = false,
        WatchesWithoutPolicy = true,
    };

    /// <summary>
    /// Whether the gateway waits for the first bytes, up to HeaderTimeout, where those bytes may still be a header. So no client can hold a
    /// connection longer than that without sending anything. If false, silence means that the server has to speak first. Defaults to false.
    /// </summary>
    public bool ClientSpeaksFirst { get; init; }

    /// <summary>
    /// Whether the gateway looks for a second header that comes, or becomes complete, only later behind the first header. HTTP does not
    /// need this, because the HTTP parser answers such a request with 400 and no backend sees the request. Defaults to true.
    /// </summary>
    public bool WatchesForNestedHeaders { get; init; } = true;

    /// <summary>
    /// Whether the gateway looks for a header on a listener without a policy. HTTP does, because the HTTP parser would answer 400 and the
    /// operator would not learn the cause. TCP looks only later, if the backend gets a header from the gateway. Defaults to false.
    /// </summary>
    public bool WatchesWithoutPolicy { get; init; }
}
