namespace Gateway.Kubernetes.GatewayApi.Objects;

/// <summary>The specification of a Gateway.</summary>
internal sealed record GatewaySpec
{
    /// <summary>The class.</summary>
    public string GatewayClassName { get; init => field = value ?? ""; } = "";

    /// <summary>The listeners; null: none.</summary>
    public IReadOnlyList<ListenerSpec>? Listeners { get; init => field = WholeList.Of(value); }

    /// <summary>What is asked of the infrastructure; null: nothing.</summary>
    public GatewayInfrastructure? Infrastructure { get; init; }

    /// <summary>TLS of the Gateway as a whole; null: nothing is asked for.</summary>
    public GatewayTlsSpec? Tls { get; init; }
}
