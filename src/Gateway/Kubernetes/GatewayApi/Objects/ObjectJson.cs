using System.Text.Json.Serialization;
using Gateway.Kubernetes.Client;

namespace Gateway.Kubernetes.GatewayApi.Objects;

/// <summary>Reads the objects of the Gateway API, and those that they refer to.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(GatewayClassObject))]
[JsonSerializable(typeof(ResourceList<GatewayClassObject>))]
[JsonSerializable(typeof(GatewayObject))]
[JsonSerializable(typeof(ResourceList<GatewayObject>))]
[JsonSerializable(typeof(GrantObject))]
[JsonSerializable(typeof(ResourceList<GrantObject>))]
[JsonSerializable(typeof(NamespaceObject))]
[JsonSerializable(typeof(ResourceList<NamespaceObject>))]
[JsonSerializable(typeof(ServiceObject))]
[JsonSerializable(typeof(ResourceList<ServiceObject>))]
[JsonSerializable(typeof(SecretObject))]
[JsonSerializable(typeof(ResourceList<SecretObject>))]
[JsonSerializable(typeof(PolicyObject))]
[JsonSerializable(typeof(ResourceList<PolicyObject>))]
[JsonSerializable(typeof(RouteObject))]
[JsonSerializable(typeof(ResourceList<RouteObject>))]
internal sealed partial class ObjectJson : JsonSerializerContext;
