using System.Text.Json.Nodes;

namespace Gateway.Kubernetes.Manifests;

/// <summary>A document of a YAML file as JSON.</summary>
/// <param name="Line">The line at which it begins, from 1.</param>
/// <param name="Root">What it says; null: nothing.</param>
internal readonly record struct YamlDocument(long Line, JsonNode? Root);
