using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Gateway.Testing.Kubernetes;

/// <summary>The answers to everything but a watch.</summary>
internal static class ApiAnswer
{
    /// <summary>Sends JSON.</summary>
    public static Task SendAsync(HttpContext context, int status, JsonNode body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        return context.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(body), context.RequestAborted).AsTask();
    }

    /// <summary>Sends a Status object.</summary>
    public static Task FailAsync(HttpContext context, int status, string reason, string message) =>
        SendAsync(context, status, Status(status, reason, message));

    /// <summary>A Status object.</summary>
    public static JsonObject Status(int status, string reason, string message) => new()
    {
        ["kind"] = "Status",
        ["apiVersion"] = "v1",
        ["metadata"] = new JsonObject(),
        ["status"] = "Failure",
        ["message"] = message,
        ["reason"] = reason,
        ["code"] = status,
    };

    /// <summary>A page of a list. The name of the next page is the number of objects before it.</summary>
    public static Task ListAsync(HttpContext context, ApiRequest request, ApiStore store)
    {
        var query = context.Request.Query;
        var (items, version) = store.List(request.Kind, request.Namespace);
        var selected = items.Where(item => ApiSelector.Selects(item, query["labelSelector"], query["fieldSelector"])).ToList();
        var from = int.TryParse(query["continue"], CultureInfo.InvariantCulture, out var start) ? start : 0;
        var most = int.TryParse(query["limit"], CultureInfo.InvariantCulture, out var limit) && limit > 0 ? limit : int.MaxValue;
        var page = selected.Skip(from).Take(most).ToArray();
        var meta = new JsonObject { ["resourceVersion"] = version.ToString(CultureInfo.InvariantCulture) };
        if (from + page.Length < selected.Count)
        {
            meta["continue"] = (from + page.Length).ToString(CultureInfo.InvariantCulture);
        }

        return SendAsync(context, 200, new JsonObject
        {
            ["kind"] = $"{request.Kind.Kind}List",
            ["apiVersion"] = request.Kind.ApiVersion,
            ["metadata"] = meta,
            ["items"] = new JsonArray(page),
        });
    }

    /// <summary>Gets, makes, replaces, patches or deletes an object.</summary>
    public static async Task OneAsync(HttpContext context, ApiRequest request, ApiStore store)
    {
        var method = context.Request.Method;
        var ns = request.Namespace ?? "";
        var body = method is "POST" or "PUT" or "PATCH"
            ? (await JsonNode.ParseAsync(context.Request.Body, null, default, context.RequestAborted).ConfigureAwait(false))!.AsObject()
            : null;
        var name = request.Name ?? body!["metadata"]!["name"]!.GetValue<string>();
        var before = store.Find(request.Kind, ns, name);
        var wanted = body?["metadata"]?["resourceVersion"]?.GetValue<string>();
        if (before is null != (method == "POST"))
        {
            var (status, reason) = before is null ? (404, "NotFound") : (409, "AlreadyExists");
            await FailAsync(context, status, reason, $"{request.Kind.Plural} \"{name}\": {reason}").ConfigureAwait(false);
        }
        else if (before is not null && wanted is not null && wanted != before["metadata"]!["resourceVersion"]!.GetValue<string>())
        {
            await FailAsync(context, 409, "Conflict", $"{request.Kind.Plural} \"{name}\" was modified").ConfigureAwait(false);
        }
        else
        {
            var after = method switch
            {
                "GET" => before!,
                "DELETE" => store.Delete(request.Kind, ns, name)!,
                _ => store.Put(request.Kind, WithNames(Merge(method, request.Part, before, body!), request, name)),
            };
            await SendAsync(context, method == "POST" ? 201 : 200, after).ConfigureAwait(false);
        }
    }

    // The status is a resource of its own: a write of the object leaves it as it is, and a write of the status leaves the rest.
    private static JsonObject Merge(string method, string? part, JsonObject? before, JsonObject body)
    {
        var after = method == "PATCH" ? Patch(before!.DeepClone().AsObject(), body) : body.DeepClone().AsObject();
        if (part == "status")
        {
            var kept = before!.DeepClone().AsObject();
            kept["status"] = after["status"]?.DeepClone();
            return kept;
        }

        if (before?["status"] is { } status)
        {
            after["status"] = status.DeepClone();
        }

        return after;
    }

    // RFC 7396. A strategic merge patch is taken for one: its lists replace lists.
    private static JsonObject Patch(JsonObject target, JsonObject patch)
    {
        foreach (var (key, value) in patch)
        {
            if (value is null)
            {
                target.Remove(key);
            }
            else
            {
                target[key] = value is JsonObject inner && target[key] is JsonObject old
                    ? Patch(old.DeepClone().AsObject(), inner)
                    : value.DeepClone();
            }
        }

        return target;
    }

    private static JsonObject WithNames(JsonObject item, ApiRequest request, string name)
    {
        item["metadata"] ??= new JsonObject();
        item["metadata"]!["name"] = name;
        if (request.Kind.IsNamespaced)
        {
            item["metadata"]!["namespace"] = request.Namespace;
        }

        return item;
    }
}
