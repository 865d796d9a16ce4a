namespace Gateway.Kubernetes.GatewayApi.Objects;

/// <summary>How headers are changed.</summary>
internal sealed record HttpHeaderModifier
{
    /// <summary>Headers that replace those of the same name.</summary>
    public IReadOnlyList<HttpHeader>? Set { get; init => field = WholeList.Of(value); }

    /// <summary>Headers that are added to those of the same name.</summary>
    public IReadOnlyList<HttpHeader>? Add { get; init => field = WholeList.Of(value); }

    /// <summary>Names of headers that are removed.</summary>
    public IReadOnlyList<string>? Remove { get; init => field = WholeList.Of(value); }
}
