namespace Gateway.Configuration;

/// <summary>
/// Where the API server is. Only needed where the gateway is no pod of the cluster: a pod finds these values in its own container.
/// </summary>
public sealed record KubernetesConfig
{
    /// <summary>
    /// The address of the API server, such as <c>https://10.0.0.1:6443</c>. Defaults to null: KUBERNETES_SERVICE_HOST and
    /// KUBERNETES_SERVICE_PORT, over TLS.
    /// </summary>
    public string? ApiServer { get; init; }

    /// <summary>
    /// The file with the bearer token. It is read for each request, so a token that is rotated on disk is used. Defaults to null: the token
    /// of the pod's service account, if there is one.
    /// </summary>
    public string? TokenPath { get; init; }

    /// <summary>
    /// The PEM file with the CAs that may sign the server's certificate. Defaults to null: the CA of the pod's service account, and the CAs
    /// of the machine where there is none.
    /// </summary>
    public string? CaPath { get; init; }

    /// <summary>
    /// The zone in which this gateway runs, as in the node's label <c>topology.kubernetes.io/zone</c>. Endpoints whose hints name this zone
    /// are preferred. Defaults to null: zone hints are ignored.
    /// </summary>
    public string? Zone { get; init; }

    /// <summary>
    /// The GatewayClass whose Gateways this gateway serves, by its name: their TCPRoutes, TLSRoutes and HTTPRoutes are served beside the
    /// routes of this file. Defaults to null: the Gateway API is off, and nothing of it is read.
    /// </summary>
    public string? GatewayClass { get; init; }

    /// <summary>
    /// The addresses on which clients reach this gateway, IP addresses or host names, for the status of Gateways. Defaults to none: the
    /// status has no addresses.
    /// </summary>
    public IReadOnlyList<string> GatewayAddresses { get; init; } = [];
}
