using System.Text.Json.Nodes;
using Gateway.Kubernetes.Manifests;
using Gateway.Testing;

namespace Gateway.FunctionalTests.Kubernetes;

/// <summary>The rights that deploy/overlays/gateway-api gives, against the requests of a gateway that ran.</summary>
internal sealed class ShippedRights
{
    private readonly HashSet<(string Group, string Resource, string Verb)> _given;

    private ShippedRights(HashSet<(string Group, string Resource, string Verb)> given) => _given = given;

    /// <summary>Reads rbac.yaml.</summary>
    public static ShippedRights Read()
    {
        var text = File.ReadAllText(Path.Combine(RepositoryPaths.Root, "deploy", "overlays", "gateway-api", "rbac.yaml"));
        var rules = YamlReader.Read(text).SelectMany(static document => document.Root!["rules"] as JsonArray ?? []);
        return new([.. rules.SelectMany(static rule =>
            from verb in Texts(rule!, "verbs")
            from resource in Texts(rule!, "resources")
            from api in Texts(rule!, "apiGroups")
            select (api, resource, verb))]);
    }

    /// <summary>Requests that a server with these rights would refuse.</summary>
    public IEnumerable<string> Refused(IEnumerable<string> requests) => requests.Where(request => !_given.Contains(Asked(request)));

    /// <summary>Rights to change something that no request needs.</summary>
    public IEnumerable<string> Unused(IEnumerable<string> requests)
    {
        var asked = requests.Select(Asked).ToHashSet();
        return _given.Where(right => right.Verb is not ("get" or "list" or "watch") && !asked.Contains(right)).Select(static right => $"{right}");
    }

    // Such as "GET /apis/gateway.networking.k8s.io/v1/namespaces/default/gateways/edge".
    private static (string Group, string Resource, string Verb) Asked(string request)
    {
        var (method, path, query) = request.Split(' ', '?') is [var verb, var before, .. var rest] ? (verb, before, rest) : ("", "", []);
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var isCore = parts[0] == "api";
        var at = parts[(isCore ? 2 : 3)..];
        at = at is ["namespaces", _, _, ..] ? at[2..] : at;
        var resource = at is [_, _, var below] ? $"{at[0]}/{below}" : at[0];
        return (isCore ? "" : parts[1], resource, method switch
        {
            "GET" when query is [var keys] && keys.Contains("watch=true", StringComparison.Ordinal) => "watch",
            "GET" => at.Length == 1 ? "list" : "get",
            "PUT" => "update",
            "POST" => "create",
            _ => method,
        });
    }

    private static IEnumerable<string> Texts(JsonNode rule, string key) => rule[key]!.AsArray().Select(static one => $"{one}");
}
