namespace Gateway.Configuration;

/// <summary>Limits of the HTTP server.</summary>
public sealed record HttpLimitsConfig
{
    /// <summary>Largest request body. Defaults to null: no limit.</summary>
    public long? MaxRequestBodyBytes { get; init; }

    /// <summary>Lowest rate of a request body, in bytes per second. Defaults to null: none.</summary>
    public double? MinRequestBodyBytesPerSecond { get; init; }

    /// <summary>Lowest rate of a response, in bytes per second. Defaults to null: none.</summary>
    public double? MinResponseBytesPerSecond { get; init; }

    /// <summary>
    /// How many bytes of a request's body may wait in the gateway for the backend, for each connection (HTTP/1.1) or each stream (HTTP/2).
    /// The kernel's buffers and the 64 KiB that are being passed on are not included. Defaults to 64 KiB. HTTP/2 cannot have less than 64
    /// KiB − 1.
    /// </summary>
    public int RequestBufferBytes { get; init; } = 64 * 1024;

    /// <summary>
    /// How long a client may read nothing while response bytes wait for it; then the response is ended. Defaults to 5 min, as Envoy's
    /// stream_idle_timeout. The limit exists because waiting bytes hold memory.
    /// </summary>
    public TimeSpan ResponseStallTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Most concurrent streams of one HTTP/2 connection. Defaults to 100, as Kestrel's.</summary>
    public int MaxStreamsPerConnection { get; init; } = 100;

    /// <summary>How long an idle kept-alive connection stays open. Defaults to 130 s, as Kestrel's.</summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(130);

    /// <summary>How long the request line and headers may take. Defaults to 30 s, as Kestrel's.</summary>
    public TimeSpan RequestHeadersTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Most headers of a request; a request with more is answered with 431. Defaults to 100, as Kestrel's.</summary>
    public int MaxRequestHeaderCount { get; init; } = 100;

    /// <summary>
    /// Most bytes of a request's headers, names and values together; a request with more is answered with 431. Defaults to 32 KiB, as
    /// Kestrel's.
    /// </summary>
    public int MaxRequestHeadersBytes { get; init; } = 32 * 1024;

    /// <summary>
    /// Longest request line, and in HTTP/2 the longest sum of method, target and host; a longer request is answered with 414. Defaults to 8
    /// KiB, as Kestrel's.
    /// </summary>
    public int MaxRequestLineBytes { get; init; } = 8 * 1024;

    /// <summary>
    /// After this long a connection is asked to end in order: HTTP/2 gets GOAWAY, HTTP/1.1 <c>Connection: close</c> on the answer that is
    /// due, and an idle connection is closed. Requests under way are not cut. Defaults to null: never.
    /// </summary>
    public TimeSpan? MaxConnectionDuration { get; init; }

    /// <summary>
    /// The share of <see cref="MaxConnectionDuration"/>, 0 to 1, by which a connection may end earlier, at random, so that connections that
    /// began together do not come back together. Defaults to 0.
    /// </summary>
    public double MaxConnectionDurationJitter { get; init; }
}
