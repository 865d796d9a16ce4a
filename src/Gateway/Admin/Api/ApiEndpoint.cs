using System.Text.Json;
using Gateway.Tcp.Telemetry;

namespace Gateway.Admin.Api;

/// <summary>
/// <c>/api/…</c> of the Admin listener: chooses the resource by path and method. Reading needs no token. What changes something does, and
/// is logged.
/// </summary>
internal sealed partial class ApiEndpoint(
    ConnectionsResource connections,
    LiveList live,
    ListenersResource listeners,
    RoutesResource routes,
    ClustersResource clusters,
    ConfigResource config,
    EventsResource events,
    ApiTurn turn,
    AdminToken token,
    ILogger<ApiEndpoint> logger)
{
    /// <summary>The beginning of all paths.</summary>
    public const string Prefix = "/api";

    private const string Paths =
        "/api/connections, /api/closed, /api/reasons, /api/listeners, /api/routes, /api/clusters, /api/config, /api/status, /api/events";

    /// <summary>Answers a request.</summary>
    public Task AnswerAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        var path = context.Request.Path.Value ?? "";
        Func<HttpContext, Task>? read = path switch
        {
            "/api/connections" => request => SearchAsync(request, connections.List),
            "/api/closed" => request => SearchAsync(request, connections.ListClosed),
            "/api/reasons" => request => WriteAsync(request, connections.ListReasons),
            "/api/listeners" => request => WriteAsync(request, listeners.List),
            "/api/routes" => request => WriteAsync(request, routes.List),
            "/api/clusters" => request => WriteAsync(request, clusters.List),
            "/api/config" => request => WriteAsync(request, config.WriteConfig),
            "/api/status" => request => WriteAsync(request, config.WriteStatus),
            "/api/events" => events.StreamAsync,
            _ => null,
        };
        if (read is not null)
        {
            return HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method)
                ? read(context)
                : NotAllowedAsync(context, "GET, HEAD");
        }

        // Names may have a slash, which stays encoded in the path.
        return path.Split('/').Select(static part => part.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase)).ToArray() switch
        {
            [_, _, "connections", { Length: > 0 } id] => CloseAsync(context, id),
            [_, _, "clusters", var cluster, "destinations", var destination, "drain"] => DrainAsync(context, cluster, destination, true),
            [_, _, "clusters", var cluster, "destinations", var destination, "undrain"] => DrainAsync(context, cluster, destination, false),
            _ => ApiAnswer.FailAsync(context, StatusCodes.Status404NotFound, $"not found: {Paths}"),
        };
    }

    private async Task SearchAsync(HttpContext context, Action<ConnectionFilter, Utf8JsonWriter> write)
    {
        if (await ConnectionFilter.ReadAsync(context) is { } filter)
        {
            await WriteAsync(context, json => write(filter, json));
        }
    }

    private async Task WriteAsync(HttpContext context, Action<Utf8JsonWriter> members)
    {
        ReadOnlyMemory<byte> answer = default;
        await turn.TakeAsync(() => answer = ApiAnswer.Make(members), context.RequestAborted);
        await ApiAnswer.SendAsync(context, answer);
    }

    private async Task CloseAsync(HttpContext context, string id)
    {
        if (!HttpMethods.IsDelete(context.Request.Method))
        {
            await NotAllowedAsync(context, "DELETE");
            return;
        }

        if (!await IsPermittedAsync(context))
        {
            return;
        }

        if (id.StartsWith("dnat-", StringComparison.Ordinal))
        {
            await ApiAnswer.FailAsync(
                context, StatusCodes.Status409Conflict, "the kernel forwards this connection; conntrack -D on the host removes it");
        }
        else if (ConnectionIds.NumberOf(id) is { } number && live.Find(number) is { } connection)
        {
            connection.Terminate();
            Log.Closed(logger, id, connection.ShownClient, PeerOf(context));
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        }
        else
        {
            await ApiAnswer.FailAsync(context, StatusCodes.Status404NotFound, "there is no live connection with this id");
        }
    }

    private async Task DrainAsync(HttpContext context, string cluster, string destination, bool isDrained)
    {
        if (!HttpMethods.IsPost(context.Request.Method))
        {
            await NotAllowedAsync(context, "POST");
        }
        else if (await IsPermittedAsync(context))
        {
            if (!clusters.SetDrained(cluster, destination, isDrained))
            {
                await ApiAnswer.FailAsync(context, StatusCodes.Status404NotFound, "there is no such destination in a cluster of this name");
                return;
            }

            Log.Drained(logger, cluster, destination, isDrained ? "is drained" : "gets connections again", PeerOf(context));
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        }
    }

    private async Task<bool> IsPermittedAsync(HttpContext context)
    {
        if (await token.RefuseAsync(context.Request.Headers.Authorization) is not { } refusal)
        {
            return true;
        }

        if (refusal.Status == StatusCodes.Status401Unauthorized)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
        }

        await ApiAnswer.FailAsync(context, refusal.Status, refusal.Text);
        return false;
    }

    private static Task NotAllowedAsync(HttpContext context, string allowed)
    {
        context.Response.Headers.Allow = allowed;
        return ApiAnswer.FailAsync(context, StatusCodes.Status405MethodNotAllowed, $"use {allowed}");
    }

    private static string PeerOf(HttpContext context) => $"{context.Connection.RemoteIpAddress}:{context.Connection.RemotePort}";

    private static partial class Log
    {
        [LoggerMessage(1060, LogLevel.Information, "Connection {Id} of client {Client} is closed through the API, asked by {Peer}")]
        public static partial void Closed(ILogger logger, string id, System.Net.IPAddress client, string peer);

        [LoggerMessage(
            1061, LogLevel.Information, "Cluster {Cluster}: destination {Destination} {Change}, through the API, asked by {Peer}")]
        public static partial void Drained(ILogger logger, string cluster, string destination, string change, string peer);
    }
}
