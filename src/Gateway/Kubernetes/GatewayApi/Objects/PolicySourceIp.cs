namespace Gateway.Kubernetes.GatewayApi.Objects;

/// <summary>The section <c>SourceIp</c> of a policy, with the words of the configuration file.</summary>
internal sealed record PolicySourceIp
{
    /// <summary><c>ProxyProtocol</c>, <c>Transparent</c>, <c>Toa</c> or <c>None</c>.</summary>
    public string? Mode { get; init; }

    /// <summary><c>V1</c> or <c>V2</c>; null: V2.</summary>
    public string? Version { get; init; }

    /// <summary>TLVs that are passed on; null: none.</summary>
    public IReadOnlyList<string>? PassThroughTlvs { get; init => field = WholeList.Of(value); }

    /// <summary>Whether TLVs tell of the client's TLS; null: no.</summary>
    public bool? SslTlvs { get; init; }

    /// <summary>The longest header; null: no limit.</summary>
    public int? MaxHeaderBytes { get; init; }

    /// <summary><c>Ephemeral</c> or <c>Client</c>; null: Ephemeral.</summary>
    public string? Port { get; init; }

    /// <summary><c>Reject</c>, <c>ProxyProtocol</c> or <c>None</c>; null: Reject.</summary>
    public string? Fallback { get; init; }
}
