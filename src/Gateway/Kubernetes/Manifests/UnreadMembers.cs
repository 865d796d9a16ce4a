using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;

namespace Gateway.Kubernetes.Manifests;

/// <summary>
/// Members of an object that the gateway does not read: misspelt, or of a feature that it does not have. The API server refuses a misspelt
/// member or drops it; either way the object does not say what its author thinks.
/// </summary>
internal static partial class UnreadMembers
{
    // They are for people, or for those who make a Gateway's pods.
    private static readonly string[] Harmless =
    [
        "$.spec.description", "$.spec.rules[].name", "$.spec.infrastructure.labels", "$.spec.infrastructure.annotations",
    ];

    /// <summary>Finds them, below <c>spec</c>.</summary>
    /// <param name="body">The object.</param>
    /// <param name="type">How the object is read.</param>
    /// <returns>Their paths, such as <c>$.spec.rules[0].backendRef</c>.</returns>
    public static IEnumerable<string> Of(JsonObject body, JsonTypeInfo type) =>
        body["spec"] is { } spec && MemberOf(type, "spec") is { } read
            ? Below(spec, read).Where(static path => !Harmless.Contains(Index().Replace(path, "[]")))
            : [];

    private static IEnumerable<string> Below(JsonNode node, JsonTypeInfo type) => (node, type.Kind) switch
    {
        (JsonObject members, JsonTypeInfoKind.Object) => members.SelectMany(member =>
            MemberOf(type, member.Key) is not { } read ? [$"{members.GetPath()}.{member.Key}"]
            : member.Value is { } value ? Below(value, read)
            : []),
        (JsonArray items, JsonTypeInfoKind.Enumerable) =>
            items.OfType<JsonNode>().SelectMany(item => Below(item, type.Options.GetTypeInfo(type.ElementType!))),
        _ => [],
    };

    private static JsonTypeInfo? MemberOf(JsonTypeInfo type, string name) =>
        type.Properties.FirstOrDefault(property => property.Name == name) is { } found
            ? type.Options.GetTypeInfo(found.PropertyType)
            : null;

    [GeneratedRegex(@"\[[0-9]+\]")]
    private static partial Regex Index();
}
