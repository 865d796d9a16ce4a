using System.Text.Json.Nodes;

namespace Gateway.Testing.Kubernetes;

/// <summary>EndpointSlices as the controller of Kubernetes writes them.</summary>
public static class SliceText
{
    /// <summary>A slice with ready endpoints.</summary>
    /// <param name="service"><c>namespace/name</c> of the Service.</param>
    /// <param name="name">The name of the slice.</param>
    /// <param name="port">The port of the pods.</param>
    /// <param name="addresses">One address an endpoint.</param>
    public static string Of(string service, string name, int port, params IEnumerable<string> addresses) =>
        Of(service, name, [Port("redis", port)], addresses.Select(static address => Endpoint(address)));

    /// <summary>A slice.</summary>
    public static string Of(string service, string name, IEnumerable<JsonObject> ports, IEnumerable<JsonObject> endpoints)
    {
        var all = endpoints.ToArray<JsonNode>();
        var isV6 = all.Length > 0 && all[0]["addresses"]![0]!.GetValue<string>().Contains(':', StringComparison.Ordinal);
        return new JsonObject
        {
            ["kind"] = "EndpointSlice",
            ["apiVersion"] = "discovery.k8s.io/v1",
            ["metadata"] = new JsonObject
            {
                ["namespace"] = service.Split('/')[0],
                ["name"] = name,
                ["labels"] = new JsonObject
                {
                    ["kubernetes.io/service-name"] = service.Split('/')[1],
                    ["endpointslice.kubernetes.io/managed-by"] = "endpointslice-controller.k8s.io",
                },
            },
            ["addressType"] = isV6 ? "IPv6" : "IPv4",
            ["endpoints"] = new JsonArray(all),
            ["ports"] = new JsonArray([.. ports]),
        }.ToJsonString();
    }

    /// <summary>A port.</summary>
    public static JsonObject Port(string? name, int port, string protocol = "TCP") =>
        new() { ["name"] = name, ["port"] = port, ["protocol"] = protocol };

    /// <summary>An endpoint.</summary>
    /// <param name="address">Its address.</param>
    /// <param name="ready">The condition; null: unknown.</param>
    /// <param name="serving">The condition; null: as ready.</param>
    /// <param name="terminating">The condition.</param>
    /// <param name="zones">The zones of the hints; null: no hints.</param>
    public static JsonObject Endpoint(
        string address, bool? ready = true, bool? serving = null, bool? terminating = false, IEnumerable<string>? zones = null)
    {
        var endpoint = new JsonObject
        {
            ["addresses"] = new JsonArray(address),
            ["conditions"] = new JsonObject { ["ready"] = ready, ["serving"] = serving ?? ready, ["terminating"] = terminating },
            ["nodeName"] = "node-1",
            ["targetRef"] = new JsonObject { ["kind"] = "Pod", ["name"] = $"pod-{address}" },
        };
        if (zones is not null)
        {
            endpoint["hints"] = new JsonObject
            {
                ["forZones"] = new JsonArray([.. zones.Select(static zone => new JsonObject { ["name"] = zone })]),
            };
        }

        return endpoint;
    }
}
