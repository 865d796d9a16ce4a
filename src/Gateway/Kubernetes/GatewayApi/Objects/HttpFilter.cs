namespace Gateway.Kubernetes.GatewayApi.Objects;

/// <summary>A filter of an HTTPRoute's rule.</summary>
internal sealed record HttpFilter
{
    /// <summary>Which one, such as <c>URLRewrite</c>.</summary>
    public string Type { get; init => field = value ?? ""; } = "";

    /// <summary>RequestHeaderModifier: the headers.</summary>
    public HttpHeaderModifier? RequestHeaderModifier { get; init; }

    /// <summary>ResponseHeaderModifier: the headers.</summary>
    public HttpHeaderModifier? ResponseHeaderModifier { get; init; }

    /// <summary>RequestRedirect: where to.</summary>
    public HttpRedirect? RequestRedirect { get; init; }

    /// <summary>URLRewrite: the new URL.</summary>
    public HttpUrlRewrite? UrlRewrite { get; init; }
}
