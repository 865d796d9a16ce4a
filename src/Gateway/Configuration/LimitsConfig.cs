namespace Gateway.Configuration;

/// <summary>Limits of the whole process (<c>Limits</c>).</summary>
public sealed record LimitsConfig
{
    /// <summary>Most connections at once, TCP and HTTP together. Defaults to null: derived from the descriptor limit.</summary>
    public int? MaxConnections { get; init; }

    /// <summary>
    /// Most HTTP responses that wait for clients which take nothing; the longest without progress gives way. Defaults to null: a quarter
    /// of the memory, at 160 KiB each.
    /// </summary>
    public int? MaxWaitingResponses { get; init; }
}
