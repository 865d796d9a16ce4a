namespace Whoami;

/// <summary>Limits of the TCP backend.</summary>
public sealed record WhoamiTcpOptions
{
    /// <summary>
    /// After this silence the backend assumes that no PROXY header comes, and answers, because the client may wait for the answer before it
    /// sends. Defaults to 200 ms: long enough for a proxy's header, which follows the connect at once, and short for a person. A test that
    /// must not depend on the machine's speed sets a long time, and sends a header or a line.
    /// </summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The time limit for a header that has begun. Defaults to 5 s.</summary>
    public TimeSpan HeaderTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Ends a connection after this long without a byte. Defaults to 10 min.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The most connections at once. Further connections are closed without an answer. Defaults to 10,000: about 80 MB.</summary>
    public int MaxConnections { get; init; } = 10_000;
}
