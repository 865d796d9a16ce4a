namespace Gateway.Tcp.Configuration;

/// <summary>Repeated checks of each address of each destination (<c>TcpProxy:Clusters:NAME:HealthCheck:Active</c>).</summary>
public sealed record TcpActiveHealthCheckConfig
{
    /// <summary>
    /// Whether the checks run. Defaults to true where the section is written. Without the section only clusters of Dnat routes are checked.
    /// </summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Time between two checks of one address. Defaults to 5 s.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a check may take, from the connect to the answer. Defaults to 2 s, because one SYN may be lost and sent again after 1 s.
    /// </summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Successful checks in a row until a dead address is used again. Defaults to 2.</summary>
    public int Rise { get; init; } = 2;

    /// <summary>Failed checks in a row until an address is not used any more. Defaults to 3.</summary>
    public int Fall { get; init; } = 3;

    /// <summary>What a check does. Defaults to Connect.</summary>
    public TcpHealthCheckKind Kind { get; init; }

    /// <summary>
    /// Exchange: what is sent, as text with <c>\r</c>, <c>\n</c>, <c>\t</c>, <c>\\</c> and <c>\xNN</c> (<see cref="ByteText"/>). Defaults
    /// to null: nothing, because the server speaks first.
    /// </summary>
    public string? Send { get; init; }

    /// <summary>
    /// Exchange: what has to be in the answer, written as <see cref="Send"/>. Required for Exchange. The answer is everything that comes
    /// within <see cref="Timeout"/>, 16 KB at most.
    /// </summary>
    public string? Expect { get; init; }

    /// <summary>Http: the path and query that are asked for. Defaults to <c>/</c>.</summary>
    public string Path { get; init; } = "/";

    /// <summary>Http: the value of the header Host. Defaults to null: the destination's address.</summary>
    public string? Host { get; init; }

    /// <summary>Http: the statuses of a healthy destination, as <c>204</c> or <c>200-399</c>. Defaults to <c>200-399</c>.</summary>
    public IReadOnlyList<string> Statuses { get; init; } = ["200-399"];

    /// <summary>The port that is checked, 1 to 65535. Defaults to null: the destination's port.</summary>
    public int? Port { get; init; }

    /// <summary>The PROXY header of a check. Defaults to Auto: the header that the backend expects from the cluster's routes.</summary>
    public TcpHealthCheckHeader ProxyProtocol { get; init; }
}
