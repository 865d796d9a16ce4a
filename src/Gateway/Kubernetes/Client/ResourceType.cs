using System.Text.Json.Serialization.Metadata;

namespace Gateway.Kubernetes.Client;

/// <summary>A type of the API and how its objects are read.</summary>
/// <param name="Group">The group, such as <c>discovery.k8s.io</c>; empty: the core group.</param>
/// <param name="Version">The version, such as <c>v1</c>.</param>
/// <param name="Plural">The name in paths, such as <c>endpointslices</c>.</param>
/// <param name="Object">Reads an object.</param>
/// <param name="List">Reads a list.</param>
internal sealed record ResourceType<T>(
    string Group, string Version, string Plural, JsonTypeInfo<T> Object, JsonTypeInfo<ResourceList<T>> List)
    where T : class, IResource
{
    /// <summary>The path of all objects of a namespace, or of one of them.</summary>
    /// <param name="ns">The namespace; null: of all namespaces, or of a type without namespaces.</param>
    /// <param name="name">The name of one object; null: all.</param>
    public string PathOf(string? ns, string? name = null) =>
        (Group.Length == 0 ? $"/api/{Version}" : $"/apis/{Group}/{Version}")
            + (ns is null ? "" : $"/namespaces/{ns}") + $"/{Plural}" + (name is null ? "" : $"/{name}");
}
