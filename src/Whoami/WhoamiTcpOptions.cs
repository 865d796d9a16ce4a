namespace Whoami;

/// <summary>Limits of the TCP backend.</summary>
public sealed record WhoamiTcpOptions
{
    /// <summary>
    /// How long silence is taken for "no PROXY header comes", so that a client that waits for us to speak sees its answer.
    /// Defaults to 200 ms: long enough for a proxy's header, which follows its connect at once, short for a person. A test that must not
    /// depend on the machine's speed sets it long and sends a header or a line.
    /// </summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How long a header that has begun may take. Defaults to 5 s.</summary>
    public TimeSpan HeaderTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Ends a connection after this long without a byte. Defaults to 10 min.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Connections at once; any more are closed unanswered. Defaults to 10,000: about 80 MB of buffers.</summary>
    public int MaxConnections { get; init; } = 10_000;
}
