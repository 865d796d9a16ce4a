using System.Globalization;
using System.Text.Json;
using Gateway.Kubernetes.Client;
using Gateway.Kubernetes.GatewayApi.Objects;

namespace Gateway.Kubernetes.GatewayApi.Translation;

/// <summary>Resolves the backends of routes: Services of the route's namespace, or of one that allows it.</summary>
internal sealed class Backends(IEnumerable<ServiceObject> services, Grants grants)
{
    // KEP-3726.
    private const string Http2 = "kubernetes.io/h2c";
    private const string SecureWebSocket = "kubernetes.io/wss";

    private readonly Dictionary<ResourceKey, ServiceObject> _services = services.ToDictionary(static service => service.Metadata.Key);

    /// <summary>Finds the Service with this name; null: there is none.</summary>
    public ServiceObject? Find(ResourceKey service) => _services.GetValueOrDefault(service);

    /// <summary>Resolves a backend.</summary>
    /// <param name="kind">The kind of the route.</param>
    /// <param name="ns">The namespace of the route.</param>
    /// <param name="reference">The reference.</param>
    public Backend Resolve(string kind, string ns, BackendRef reference)
    {
        var weight = reference.Weight ?? 1;
        var key = new ResourceKey(string.IsNullOrEmpty(reference.Namespace) ? ns : reference.Namespace, reference.Name);
        if (!string.IsNullOrEmpty(reference.Group) || (reference.Kind ?? ApiNames.Service) != ApiNames.Service)
        {
            return Bad("InvalidKind", $"{reference.Kind} {key} is no Service");
        }

        // Before anything is said of the Service, because the namespace may keep its names to itself.
        if (!grants.Allow(kind, ns, ApiNames.Service, key.Namespace, key.Name))
        {
            return Bad("RefNotPermitted", $"no ReferenceGrant of the namespace {key.Namespace} allows the Service {key}");
        }

        if (Find(key) is not { } service)
        {
            return Bad("BackendNotFound", $"there is no Service {key}");
        }

        if (service.Spec.Type == "ExternalName")
        {
            return Bad("InvalidKind", $"the Service {key} is an ExternalName, which has no endpoints");
        }

        if (service.Spec.Ports?.FirstOrDefault(port => port.Port == reference.Port) is not { } found)
        {
            return Bad("BackendNotFound", $"the Service {key} has no port {reference.Port}");
        }

        if (found.Protocol is not (null or "TCP"))
        {
            return Bad("UnsupportedProtocol", $"port {reference.Port} of the Service {key} is {found.Protocol}");
        }

        if (found.AppProtocol == SecureWebSocket && kind == ApiNames.HttpRoute)
        {
            return Bad("UnsupportedProtocol", $"port {reference.Port} of the Service {key} has TLS, and its pods are asked in clear");
        }

        return PortOf(found) is { } name
            ? new Backend(key, name, weight) { IsHttp2 = found.AppProtocol == Http2 }
            : Bad("BackendNotFound", $"port {reference.Port} of the Service {key} has no name, and its targetPort is one: name the port");

        Backend Bad(string reason, string message) => new(key, "", weight, new Problem(reason, message));
    }

    // Endpoints have the name of the Service's port, and the number of the pods' port.
    private static string? PortOf(ServicePort port) =>
        !string.IsNullOrEmpty(port.Name) ? port.Name
        : port.TargetPort is not { } target ? port.Port.ToString(CultureInfo.InvariantCulture)
        : target.ValueKind == JsonValueKind.Number ? target.GetRawText()
        : null;
}
