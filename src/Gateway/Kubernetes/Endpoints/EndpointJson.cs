using System.Text.Json.Serialization;
using Gateway.Kubernetes.Client;

namespace Gateway.Kubernetes.Endpoints;

/// <summary>Reads EndpointSlices.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(EndpointSlice))]
[JsonSerializable(typeof(ResourceList<EndpointSlice>))]
internal sealed partial class EndpointJson : JsonSerializerContext;
