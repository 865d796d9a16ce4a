using System.Text.Json.Nodes;

namespace Gateway.Kubernetes.Manifests;

/// <summary>An object as a file describes it.</summary>
/// <param name="Source">Where it begins: <c>FILE:LINE</c>, or the file alone.</param>
/// <param name="Kind">The kind, such as <c>TCPRoute</c>.</param>
/// <param name="Group">The group of its API, such as <c>gateway.networking.k8s.io</c>; empty: the core group.</param>
/// <param name="Body">The object.</param>
internal sealed record Manifest(string Source, string Kind, string Group, JsonObject Body)
{
    /// <summary>Kind, namespace and name, for a person.</summary>
    public string Title => $"{Kind} {(Namespace is { Length: > 0 } ns ? $"{ns}/" : "")}{TextOf("name")}";

    /// <summary>The namespace; null: none is said.</summary>
    public string? Namespace => TextOf("namespace");

    private string? TextOf(string property) =>
        Body["metadata"] is JsonObject metadata && metadata[property] is JsonValue value && value.TryGetValue(out string? text)
            ? text
            : null;
}
