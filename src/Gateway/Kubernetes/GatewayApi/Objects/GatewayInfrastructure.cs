namespace Gateway.Kubernetes.GatewayApi.Objects;

/// <summary>What a Gateway asks of the infrastructure.</summary>
internal sealed record GatewayInfrastructure
{
    /// <summary>An object with parameters of the Gateway; null: none.</summary>
    public ParametersRef? ParametersRef { get; init; }
}
