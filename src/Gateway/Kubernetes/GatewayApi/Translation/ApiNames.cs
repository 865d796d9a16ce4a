namespace Gateway.Kubernetes.GatewayApi.Translation;

/// <summary>
/// Names in objects. The gateway's own names end with <c>.internal</c>, which ICANN has reserved for private use, because this project owns
/// no domain: docs/decisions/0115.
/// </summary>
internal static class ApiNames
{
    /// <summary>The group of the Gateway API.</summary>
    public const string Group = "gateway.networking.k8s.io";

    /// <summary>The group of SourceIpPolicy.</summary>
    public const string OwnGroup = "gateway.internal";

    /// <summary>The controller that a GatewayClass must name.</summary>
    public const string Controller = "gateway.internal/controller";

    /// <summary>The annotation of a route, Service or Gateway that says how backends learn the client's address.</summary>
    public const string SourceIp = "gateway.internal/source-ip";

    /// <summary>The kind of the TCPRoute.</summary>
    public const string TcpRoute = "TCPRoute";

    /// <summary>The kind of the TLSRoute.</summary>
    public const string TlsRoute = "TLSRoute";

    /// <summary>The kind of the HTTPRoute.</summary>
    public const string HttpRoute = "HTTPRoute";

    /// <summary>The kind of the Gateway.</summary>
    public const string Gateway = "Gateway";

    /// <summary>The kind of the Service.</summary>
    public const string Service = "Service";

    /// <summary>The kind of the Secret.</summary>
    public const string Secret = "Secret";
}
