using Gateway.Tcp.Configuration;

namespace Gateway.Tcp.Clusters;

/// <summary>What a health check does, resolved from <see cref="TcpActiveHealthCheckConfig"/>. Two equal models check alike.</summary>
internal sealed record ProbeModel
{
    /// <summary>A connect.</summary>
    public static ProbeModel Connect { get; } = new();

    /// <summary>What a check does. Defaults to Connect.</summary>
    public TcpHealthCheckKind Kind { get; init; }

    /// <summary>The port that is checked; null: the destination's port.</summary>
    public int? Port { get; init; }

    /// <summary>The version of the PROXY header; null: none is sent.</summary>
    public ProxyProtocolVersion? Header { get; init; }

    /// <summary>Whether PostgreSQL's SSLRequest comes before TLS.</summary>
    public bool AsksForTls { get; init; }

    /// <summary>Exchange: what is sent; null: nothing.</summary>
    public ByteText? Send { get; init; }

    /// <summary>Exchange: what has to be in the answer.</summary>
    public ByteText? Expect { get; init; }

    /// <summary>Http: the path and query.</summary>
    public string? Path { get; init; }

    /// <summary>Http: the value of the header Host; null: the destination's address.</summary>
    public string? Host { get; init; }

    /// <summary>Http: the statuses of a healthy destination.</summary>
    public StatusRanges? Statuses { get; init; }

    /// <summary>Whether a check ends before the server sees a connection.</summary>
    public bool IsKnock => Kind == TcpHealthCheckKind.Connect && Header is null;

    /// <summary>
    /// Resolves a section. A setting that the kind does not use is left at its default, so that a change of such a setting does not restart
    /// the checks.
    /// </summary>
    public static ProbeModel From(TcpActiveHealthCheckConfig config, ExpectedOpening expected) => new()
    {
        Kind = config.Kind,
        Port = config.Port,
        Header = config.ProxyProtocol switch
        {
            TcpHealthCheckHeader.Auto when config.Kind != TcpHealthCheckKind.Connect => expected.Header,
            TcpHealthCheckHeader.V1 => ProxyProtocolVersion.V1,
            TcpHealthCheckHeader.V2 => ProxyProtocolVersion.V2,
            _ => null,
        },
        AsksForTls = expected.AsksForTls && (config.Kind == TcpHealthCheckKind.Tls || (UsesTls(config.Kind) && expected.HasTls)),
        Send = config is { Kind: TcpHealthCheckKind.Exchange, Send: { } send } ? ByteText.TryParse(send) : null,
        Expect = config is { Kind: TcpHealthCheckKind.Exchange, Expect: { } expect } ? ByteText.TryParse(expect) : null,
        Path = config.Kind == TcpHealthCheckKind.Http ? config.Path : null,
        Host = config.Kind == TcpHealthCheckKind.Http ? config.Host : null,
        Statuses = config.Kind == TcpHealthCheckKind.Http ? StatusRanges.Of(config.Statuses) : null,
    };

    private static bool UsesTls(TcpHealthCheckKind kind) => kind is TcpHealthCheckKind.Http or TcpHealthCheckKind.Exchange;
}
