namespace Gateway.Http.Backends.Clients;

/// <summary>Settings for the connections of every HTTP client to its destinations.</summary>
internal sealed record DestinationOptions
{
    /// <summary>
    /// How long a connection to an IP address gets new requests. Defaults to 10 minutes, because pods behind a virtual address come and go.
    /// Requests that are under way on a connection may take longer.
    /// </summary>
    public TimeSpan LifetimeOfLiterals { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// How long a connection to a host name gets new requests. Defaults to 1 minute, so that each address of the name gets a share of the
    /// connections, also with HTTP/2, where one connection carries all requests. New and removed addresses are noticed earlier (<see
    /// cref="LookInterval"/>).
    /// </summary>
    public TimeSpan LifetimeOfNames { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How often the addresses of a name that gets requests are compared. Defaults to 1 s: the resolver caches an answer for 5 s, and
    /// refreshes it in the background.
    /// </summary>
    public TimeSpan LookInterval { get; init; } = TimeSpan.FromSeconds(1);
}
