namespace Gateway.Kubernetes.GatewayApi.Objects;

/// <summary>A match of an HTTPRoute's rule. All of its conditions must hold.</summary>
internal sealed record HttpRouteMatch
{
    /// <summary>The path; null: any.</summary>
    public HttpPathMatch? Path { get; init; }

    /// <summary>Headers; null: any.</summary>
    public IReadOnlyList<HttpValueMatch>? Headers { get; init => field = WholeList.Of(value); }

    /// <summary>Query parameters; null: any.</summary>
    public IReadOnlyList<HttpValueMatch>? QueryParams { get; init => field = WholeList.Of(value); }

    /// <summary>The method; null: any.</summary>
    public string? Method { get; init; }
}
