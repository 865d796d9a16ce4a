using System.Text.Json.Nodes;

namespace Gateway.Testing.Kubernetes;

/// <summary>The pages with which kubectl finds out what the server serves.</summary>
internal static class ApiDiscovery
{
    /// <summary>The answer for a path; null: it is no such page.</summary>
    public static JsonObject? Answer(string path, IReadOnlyCollection<ApiKind> kinds) =>
        path.Split('/', StringSplitOptions.RemoveEmptyEntries) switch
        {
            ["version"] => new JsonObject { ["major"] = "1", ["minor"] = "35", ["gitVersion"] = "v1.35.0-test" },
            ["api"] => new JsonObject { ["kind"] = "APIVersions", ["versions"] = new JsonArray("v1") },
            ["apis"] => Groups(kinds),
            ["api", var version] => Resources(kinds, "", version),
            ["apis", var group, var version] => Resources(kinds, group, version),
            _ => null,
        };

    private static JsonObject Groups(IReadOnlyCollection<ApiKind> kinds)
    {
        static JsonNode Version(ApiKind kind) => new JsonObject { ["groupVersion"] = kind.ApiVersion, ["version"] = kind.Version };
        var named = kinds.Where(static kind => kind.Group.Length > 0).GroupBy(static kind => kind.Group);
        var groups = named.Select(JsonNode (group) => new JsonObject
        {
            ["name"] = group.Key,
            ["versions"] = new JsonArray([.. group.DistinctBy(static kind => kind.Version).Select(Version)]),
            ["preferredVersion"] = Version(group.First()),
        });
        return new JsonObject { ["kind"] = "APIGroupList", ["apiVersion"] = "v1", ["groups"] = new JsonArray([.. groups]) };
    }

    private static JsonObject? Resources(IReadOnlyCollection<ApiKind> kinds, string group, string version)
    {
        JsonNode[] resources =
        [
            .. kinds.Where(kind => kind.Group == group && kind.Version == version).Select(kind => new JsonObject
            {
                ["name"] = kind.Plural,
                ["singularName"] = kind.Kind.ToLowerInvariant(),
                ["namespaced"] = kind.IsNamespaced,
                ["kind"] = kind.Kind,
                ["verbs"] = new JsonArray("create", "delete", "get", "list", "patch", "update", "watch"),
            }),
        ];
        return resources.Length == 0 ? null : new JsonObject
        {
            ["kind"] = "APIResourceList",
            ["apiVersion"] = "v1",
            ["groupVersion"] = group.Length == 0 ? version : $"{group}/{version}",
            ["resources"] = new JsonArray(resources),
        };
    }
}
