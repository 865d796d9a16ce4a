namespace Gateway.Kubernetes.GatewayApi.Objects;

/// <summary>Where a client is sent.</summary>
internal sealed record HttpRedirect
{
    /// <summary><c>http</c> or <c>https</c>; null: that of the request.</summary>
    public string? Scheme { get; init; }

    /// <summary>The host; null: that of the request.</summary>
    public string? Hostname { get; init; }

    /// <summary>The path; null: that of the request.</summary>
    public HttpPathModifier? Path { get; init; }

    /// <summary>The port; null: that of the scheme, or of the listener if there is no scheme.</summary>
    public int? Port { get; init; }

    /// <summary>The status; null: 302.</summary>
    public int? StatusCode { get; init; }
}
