using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Testing.Kubernetes;

/// <summary>
/// A test server that speaks as much of the Kubernetes API as the gateway and <c>kubectl get</c>, <c>apply --validate=false</c> and
/// <c>delete</c> need: discovery, get, list by pages and selectors, watch with bookmarks, create, replace (also of the status), merge
/// patch, delete. No admission, no schemas, no controllers. What is wrong with it is set in <see cref="Faults"/>.
/// </summary>
public sealed class ApiServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<HttpContext, CancellationTokenSource> _watches = new();
    private readonly ConcurrentQueue<string> _requests = new();
    private readonly List<ApiKind> _kinds = [.. ApiKind.Known];

    private ApiServer(WebApplication app) => _app = app;

    /// <summary>The objects.</summary>
    public ApiStore Store { get; } = new();

    /// <summary>What is wrong.</summary>
    public ApiFaults Faults { get; } = new();

    /// <summary>The address.</summary>
    public string Url => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    /// <summary>Every request: the method, then path and query.</summary>
    public IReadOnlyCollection<string> Requests => _requests;

    /// <summary>The number of open watches.</summary>
    public int Watches => _watches.Count;

    /// <summary>Starts a server on a free port of 127.0.0.1.</summary>
    /// <param name="certificate">For TLS; null: in clear.</param>
    /// <param name="port">The port; 0: a free port.</param>
    public static async Task<ApiServer> StartAsync(X509Certificate2? certificate = null, int port = 0)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(options => options.Listen(
            IPAddress.Loopback,
            port,
            listen => _ = certificate is null ? listen : listen.UseHttps(certificate)));
        var app = builder.Build();
        var server = new ApiServer(app);
        app.Run(server.HandleAsync);
        await app.StartAsync().ConfigureAwait(false);
        return server;
    }

    /// <summary>Serves another type.</summary>
    public void Add(ApiKind kind) => _kinds.Add(kind);

    /// <summary>Puts an object that is written as JSON. Its kind must be served.</summary>
    public JsonObject Put(string json)
    {
        var item = JsonNode.Parse(json)!.AsObject();
        var version = item["apiVersion"]!.GetValue<string>();
        var name = item["kind"]!.GetValue<string>();
        return Store.Put(_kinds.First(kind => kind.ApiVersion == version && kind.Kind == name), item);
    }

    /// <summary>Sends an event that the store does not have, such as a duplicate, to all watches of the type.</summary>
    public void Inject(string type, ApiKind kind, JsonObject item) => Store.Inject(type, kind, item);

    /// <summary>Sends a bookmark to all watches.</summary>
    public void SendBookmarks() => Store.Inject("BOOKMARK", ApiKind.EndpointSlices, new JsonObject { ["metadata"] = new JsonObject() });

    /// <summary>Ends all watches, as a server does when their time is over.</summary>
    public void EndWatches()
    {
        foreach (var watch in _watches.Values)
        {
            UnlessItHasEnded(watch.Cancel);
        }
    }

    /// <summary>Resets the connections of all watches.</summary>
    public void ResetWatches()
    {
        foreach (var watch in _watches.Keys)
        {
            UnlessItHasEnded(watch.Abort);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        ResetWatches();
        await _app.DisposeAsync().ConfigureAwait(false);
    }

    // A watch can end by itself in this moment, and then there is nothing left of it.
    private static void UnlessItHasEnded(Action end)
    {
        try
        {
            end();
        }
        catch (ObjectDisposedException)
        {
        }
    }

    private async Task HandleAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        _requests.Enqueue($"{context.Request.Method} {path}{context.Request.QueryString}");
        if (Faults.IsAway)
        {
            context.Abort();
            return;
        }

        await Task.Delay(Faults.Delay, context.RequestAborted).ConfigureAwait(false);
        if (Faults.TryTakeStatus(context.Request, out var status))
        {
            await ApiAnswer.FailAsync(context, status, "Fault", "the test asked for it").ConfigureAwait(false);
        }
        else if (Faults.Token is { } token && context.Request.Headers.Authorization != $"Bearer {token}")
        {
            await ApiAnswer.FailAsync(context, 401, "Unauthorized", "the token is not good").ConfigureAwait(false);
        }
        else if (ApiRequest.TryParse(path, _kinds, out var request))
        {
            await HandleAsync(context, request).ConfigureAwait(false);
        }
        else if (ApiDiscovery.Answer(path, _kinds) is { } page)
        {
            await ApiAnswer.SendAsync(context, 200, page).ConfigureAwait(false);
        }
        else
        {
            await ApiAnswer.FailAsync(context, 404, "NotFound", "the server could not find the requested resource").ConfigureAwait(false);
        }
    }

    private Task HandleAsync(HttpContext context, ApiRequest request) => context.Request.Method switch
    {
        "GET" when context.Request.Query["watch"] is ["true" or "1"] => WatchAsync(context, request),
        "GET" when request.Name is null => ApiAnswer.ListAsync(context, request, Store),
        _ => ApiAnswer.OneAsync(context, request, Store),
    };

    private async Task WatchAsync(HttpContext context, ApiRequest request)
    {
        var length = int.TryParse(context.Request.Query["timeoutSeconds"], CultureInfo.InvariantCulture, out var seconds) ? seconds : 3600;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        end.CancelAfter(TimeSpan.FromSeconds(length));
        _watches[context] = end;
        try
        {
            await new ApiWatch(context, request, Store, Faults).RunAsync(end.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The end of the watch: the response ends as it should, unless the connection was reset.
        }
        finally
        {
            _watches.TryRemove(context, out _);
        }
    }
}
