namespace Gateway.Kubernetes.GatewayApi.Objects;

/// <summary>How a listener treats TLS.</summary>
internal sealed record ListenerTlsSpec
{
    /// <summary><c>Terminate</c> or <c>Passthrough</c>; null: Terminate.</summary>
    public string? Mode { get; init; }

    /// <summary>The Secrets with certificates; null: none.</summary>
    public IReadOnlyList<ObjectRef>? CertificateRefs { get; init => field = WholeList.Of(value); }
}
