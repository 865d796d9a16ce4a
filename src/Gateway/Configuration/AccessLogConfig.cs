namespace Gateway.Configuration;

/// <summary>The access log (<c>AccessLog</c>): a line for each TCP connection and HTTP request.</summary>
public sealed record AccessLogConfig
{
    /// <summary>
    /// Whether there is also a line when a TCP connection has reached its destination, and when a request has got its route. Defaults to
    /// false: only the end has a line.
    /// </summary>
    public bool Start { get; init; }

    /// <summary>
    /// How often a connection or request that lives on has a line with the bytes so far; at least 1 s. Defaults to null: there are no such
    /// lines.
    /// </summary>
    public TimeSpan? Interval { get; init; }

    /// <summary>
    /// The fields of each line, in this order: their names, and <c>tlv:</c> with the name or number of a TLV. Fields that TCP or HTTP does
    /// not have are left out of its lines. Defaults to null: the usual line.
    /// </summary>
    public IReadOnlyList<string>? Fields { get; init; }

    /// <summary>The file that gets the lines instead of standard output. Defaults to null: none.</summary>
    public AccessLogFileConfig? File { get; init; }
}
