namespace Gateway.Configuration;

/// <summary>The access log of one listener (<c>Listeners:NAME:AccessLog</c>).</summary>
public sealed record ListenerAccessLogConfig
{
    /// <summary>Whether its connections and requests have lines. Defaults to true.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>
    /// The share of its connections, 0 to 1, that have lines although nothing went wrong. All lines of a connection are there, or none. A
    /// connection that is refused or fails always has its last line. Defaults to 1.
    /// </summary>
    public double Sample { get; init; } = 1;
}
