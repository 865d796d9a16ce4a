namespace Gateway.Configuration;

/// <summary>Limits of the whole process (<c>Limits</c>).</summary>
public sealed record LimitsConfig
{
    /// <summary>Most connections at once, TCP and HTTP together. Defaults to null: derived from the descriptor limit.</summary>
    public int? MaxConnections { get; init; }

    /// <summary>
    /// Most HTTP responses that wait for clients which read nothing. Beyond the limit, the response that has made no progress for the
    /// longest time is ended. Defaults to null: a quarter of the memory, at 160 KiB for each response.
    /// </summary>
    public int? MaxWaitingResponses { get; init; }

    /// <summary>
    /// Most concurrent TLS handshakes with clients; further ones wait in order. Defaults to 1000, because each takes some 50 KB and one or
    /// two milliseconds of a core.
    /// </summary>
    public int MaxHandshakes { get; init; } = 1000;
}
