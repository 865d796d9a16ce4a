using System.Globalization;
using System.Text.Json.Nodes;
using Gateway.Kubernetes.GatewayApi.Objects;
using Gateway.Kubernetes.GatewayApi.Translation;

namespace Gateway.Kubernetes.GatewayApi;

/// <summary>
/// Writes statuses into objects as the API server has them. What other controllers have written stays: conditions of other types, and
/// entries of other controllers and of this controller's other gateways. A condition that says the same as before keeps its time.
/// </summary>
internal static class StatusJson
{
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    /// <summary>The status of a GatewayClass.</summary>
    public static void Write(JsonObject item, ClassStatus status, DateTimeOffset now)
    {
        var body = item["status"]!.AsObject();
        body["conditions"] = Conditions(body["conditions"], [status.Accepted], status.Object.Generation, now);
    }

    /// <summary>The status of a Gateway.</summary>
    /// <param name="item">The object.</param>
    /// <param name="status">What to say.</param>
    /// <param name="addresses">The addresses on which clients reach the gateway.</param>
    /// <param name="now">The time.</param>
    public static void Write(JsonObject item, GatewayStatus status, IReadOnlyList<string> addresses, DateTimeOffset now)
    {
        var body = item["status"]!.AsObject();
        var generation = status.Object.Generation;
        var before = (body["listeners"] as JsonArray ?? []).OfType<JsonObject>()
            .ToDictionary(static one => one["name"]?.GetValue<string>() ?? "", static one => one["conditions"]);
        body["conditions"] = Conditions(body["conditions"], status.Conditions, generation, now);
        body["listeners"] = new JsonArray([.. status.Listeners.Select(JsonNode (listener) => new JsonObject
        {
            ["name"] = listener.Name,
            ["supportedKinds"] = new JsonArray(
                [.. listener.Kinds.Select(JsonNode (kind) => new JsonObject { ["group"] = ApiNames.Group, ["kind"] = kind })]),
            ["attachedRoutes"] = listener.AttachedRoutes,
            ["conditions"] = Conditions(before.GetValueOrDefault(listener.Name), listener.Conditions, generation, now),
        })]);
        if (addresses.Count > 0)
        {
            body["addresses"] = new JsonArray([.. addresses.Select(JsonNode (address) => new JsonObject
            {
                ["type"] = System.Net.IPAddress.TryParse(address, out _) ? "IPAddress" : "Hostname",
                ["value"] = address,
            })]);
        }
    }

    /// <summary>The status of a route.</summary>
    public static void Write(JsonObject item, RouteStatus status, DateTimeOffset now) => WriteEntries(
        item,
        "parents",
        "parentRef",
        [.. status.Parents.Select(parent => (Reference(parent.Parent, status.Object.Namespace), parent.Conditions))],
        [.. status.Others.Select(parent => Reference(parent, status.Object.Namespace))],
        status.Object.Generation,
        now);

    /// <summary>The status of a policy.</summary>
    public static void Write(JsonObject item, PolicyStatus status, DateTimeOffset now) => WriteEntries(
        item,
        "ancestors",
        "ancestorRef",
        [
            .. status.Targets.Select(target =>
                (Reference(target.Target, status.Object.Namespace), (IReadOnlyList<Condition>)[target.Accepted])),
        ],
        [.. status.Others.Select(target => Reference(target, status.Object.Namespace))],
        status.Object.Generation,
        now);

    private static void WriteEntries(
        JsonObject item,
        string list,
        string reference,
        IReadOnlyList<(JsonObject Reference, IReadOnlyList<Condition> Conditions)> entries,
        IReadOnlyList<JsonObject> others,
        long generation,
        DateTimeOffset now)
    {
        var body = item["status"]!.AsObject();
        var before = (body[list] as JsonArray ?? []).OfType<JsonObject>().ToList();
        var written = before.Where(entry => !IsOurs(entry) || others.Any(other => JsonNode.DeepEquals(entry[reference], other)))
            .Select(static entry => entry.DeepClone())
            .ToList();
        foreach (var (target, conditions) in entries)
        {
            var old = before.Find(entry => IsOurs(entry) && JsonNode.DeepEquals(entry[reference], target));
            written.Add(new JsonObject
            {
                [reference] = target,
                ["controllerName"] = ApiNames.Controller,
                ["conditions"] = Conditions(old?["conditions"], conditions, generation, now),
            });
        }

        body[list] = new JsonArray([.. written]);
    }

    private static bool IsOurs(JsonObject entry) => entry["controllerName"]?.GetValue<string>() == ApiNames.Controller;

    private static JsonArray Conditions(JsonNode? before, IReadOnlyList<Condition> conditions, long generation, DateTimeOffset now)
    {
        var old = (before as JsonArray ?? []).OfType<JsonObject>().ToList();
        var all = old.Where(one => !conditions.Any(condition => condition.Type == TypeOf(one)))
            .Select(static one => one.DeepClone())
            .ToList();
        foreach (var condition in conditions)
        {
            var status = condition.IsTrue ? "True" : "False";
            var same = old.Find(one => TypeOf(one) == condition.Type && one["status"]?.GetValue<string>() == status);
            all.Add(new JsonObject
            {
                ["type"] = condition.Type,
                ["status"] = status,
                ["reason"] = condition.Reason,
                ["message"] = condition.Message,
                ["observedGeneration"] = generation,
                ["lastTransitionTime"] = same?["lastTransitionTime"]?.DeepClone() ?? now.ToString(TimeFormat, CultureInfo.InvariantCulture),
            });
        }

        return [.. all];
    }

    private static string? TypeOf(JsonObject condition) => condition["type"]?.GetValue<string>();

    private static JsonObject Reference(ParentRef parent, string ns)
    {
        var whole = parent.Whole(ns);
        return WithOptional(
            new JsonObject
            {
                ["group"] = whole.Group,
                ["kind"] = whole.Kind,
                ["namespace"] = whole.Namespace,
                ["name"] = whole.Name,
            },
            whole.SectionName,
            whole.Port);
    }

    private static JsonObject Reference(PolicyTargetRef target, string ns) => WithOptional(
        new JsonObject { ["group"] = target.Group ?? "", ["kind"] = target.Kind, ["namespace"] = ns, ["name"] = target.Name },
        target.SectionName,
        null);

    private static JsonObject WithOptional(JsonObject reference, string? section, int? port)
    {
        if (!string.IsNullOrEmpty(section))
        {
            reference["sectionName"] = section;
        }

        if (port is { } number)
        {
            reference["port"] = number;
        }

        return reference;
    }
}
