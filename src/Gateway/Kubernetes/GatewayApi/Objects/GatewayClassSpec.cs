namespace Gateway.Kubernetes.GatewayApi.Objects;

/// <summary>The specification of a GatewayClass.</summary>
internal sealed record GatewayClassSpec
{
    /// <summary>The controller that serves the class.</summary>
    public string ControllerName { get; init => field = value ?? ""; } = "";

    /// <summary>An object with parameters of the class; null: none.</summary>
    public ParametersRef? ParametersRef { get; init; }
}
