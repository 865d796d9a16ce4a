using System.Text.Json.Nodes;

namespace Gateway.Testing.Kubernetes;

/// <summary>Something that has happened to an object.</summary>
/// <param name="Version">When, in the order of the store.</param>
/// <param name="Type">ADDED, MODIFIED or DELETED.</param>
/// <param name="Kind">The type of the object.</param>
/// <param name="Namespace">Its namespace; empty: none.</param>
/// <param name="Object">The object.</param>
internal sealed record ApiChange(long Version, string Type, ApiKind Kind, string Namespace, JsonObject Object);
