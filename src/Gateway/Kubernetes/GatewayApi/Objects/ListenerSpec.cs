namespace Gateway.Kubernetes.GatewayApi.Objects;

/// <summary>A listener of a Gateway.</summary>
internal sealed record ListenerSpec
{
    /// <summary>The name, unique in the Gateway.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>The host names that are served, such as <c>*.example.com</c>; null or empty: all.</summary>
    public string? Hostname { get; init; }

    /// <summary>The port.</summary>
    public int Port { get; init; }

    /// <summary><c>TCP</c>, <c>TLS</c>, <c>HTTP</c>, <c>HTTPS</c> or another.</summary>
    public string Protocol { get; init => field = value ?? ""; } = "";

    /// <summary>How TLS is treated; null: there is none.</summary>
    public ListenerTlsSpec? Tls { get; init; }

    /// <summary>Which routes may attach; null: those of the namespace.</summary>
    public AllowedRoutes? AllowedRoutes { get; init; }
}
