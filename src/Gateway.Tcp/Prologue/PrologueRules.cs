namespace Gateway.Tcp.Prologue;

/// <summary>How the planes differ before the client of a connection is known.</summary>
public sealed record PrologueRules
{
    /// <summary>
    /// TCP: a client may wait for the server to speak, so it is dialed for after some silence, behind a guard. A header that names nobody,
    /// with nothing behind it, is a load balancer's check that is about to close: nothing is dialed for it.
    /// </summary>
    public static PrologueRules Tcp { get; } = new();

    /// <summary>HTTP: the client speaks first, and HTTP's own parser takes no header for a request.</summary>
    public static PrologueRules Http { get; } = new()
    {
        ClientSpeaksFirst = true,
        WatchesForNestedHeaders = false,
        WatchesWithoutPolicy = true,
    };

    /// <summary>
    /// Whether the first bytes behind an identification that leaves a header open are waited for, until HeaderTimeout, and told apart then.
    /// So nobody holds a connection longer than that without having said anything. Otherwise silence means that the server is to speak.
    /// Defaults to false.
    /// </summary>
    public bool ClientSpeaksFirst { get; init; }

    /// <summary>
    /// Whether a second header is looked for that comes, or is completed, behind the first only later. HTTP answers such a request with its
    /// own 400, and no backend sees it. Defaults to true.
    /// </summary>
    public bool WatchesForNestedHeaders { get; init; } = true;

    /// <summary>
    /// Whether a header is looked for on a listener without a policy: HTTP's parser would answer 400, and nobody would learn the cause. TCP
    /// looks only where the backend gets a header of ours, once that is known. Defaults to false.
    /// </summary>
    public bool WatchesWithoutPolicy { get; init; }
}
