using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Gateway.Testing.Kubernetes;

/// <summary>The answer to a watch.</summary>
internal sealed class ApiWatch(HttpContext context, ApiRequest request, ApiStore store, ApiFaults faults)
{
    private static readonly TimeSpan Split = TimeSpan.FromMilliseconds(20);

    /// <summary>Sends every change until the end.</summary>
    public async Task RunAsync(CancellationToken end)
    {
        var query = context.Request.Query;
        var at = long.TryParse(query["resourceVersion"], CultureInfo.InvariantCulture, out var version) ? version : 0;
        context.Response.ContentType = "application/json";
        if (at == 0)
        {
            // Without a version, a watch begins with all objects as they are.
            (var items, at) = store.List(request.Kind, request.Namespace);
            foreach (var item in items.Where(IsSelected))
            {
                await SendAsync("ADDED", item, end).ConfigureAwait(false);
            }
        }

        await context.Response.Body.FlushAsync(end).ConfigureAwait(false);
        while (true)
        {
            if (store.Since(at, out var news) is not { } changes)
            {
                await SendAsync("ERROR", ApiAnswer.Status(410, "Expired", "too old resource version"), end).ConfigureAwait(false);
                return;
            }

            foreach (var change in changes)
            {
                at = change.Version;
                if (change.Type == "BOOKMARK")
                {
                    await SendAsync(change.Type, Bookmark(change.Version), end).ConfigureAwait(false);
                }
                else if (change.Kind.Plural == request.Kind.Plural && change.Kind.Group == request.Kind.Group
                    && (request.Namespace ?? change.Namespace) == change.Namespace && IsSelected(change.Object))
                {
                    await SendAsync(change.Type, change.Object, end).ConfigureAwait(false);
                }
            }

            await news.WaitAsync(end).ConfigureAwait(false);
        }
    }

    private bool IsSelected(JsonObject item) =>
        ApiSelector.Selects(item, context.Request.Query["labelSelector"], context.Request.Query["fieldSelector"]);

    private JsonObject Bookmark(long version) => new()
    {
        ["kind"] = request.Kind.Kind,
        ["apiVersion"] = request.Kind.ApiVersion,
        ["metadata"] = new JsonObject
        {
            ["resourceVersion"] = version.ToString(CultureInfo.InvariantCulture),
            ["creationTimestamp"] = null,
        },
    };

    private async Task SendAsync(string type, JsonObject item, CancellationToken end)
    {
        var line = JsonSerializer.SerializeToUtf8Bytes(new JsonObject { ["type"] = type, ["object"] = item.DeepClone() });
        var body = context.Response.Body;
        if (faults.SplitsEvents || faults.TryTakeReset() is var isReset && isReset)
        {
            await body.WriteAsync(line.AsMemory(0, line.Length / 2), end).ConfigureAwait(false);
            await body.FlushAsync(end).ConfigureAwait(false);
            await Task.Delay(Split, end).ConfigureAwait(false);
            if (!faults.SplitsEvents)
            {
                context.Abort();
                throw new OperationCanceledException();
            }

            line = line[(line.Length / 2)..];
        }

        await body.WriteAsync(line, end).ConfigureAwait(false);
        await body.WriteAsync("\n"u8.ToArray(), end).ConfigureAwait(false);
        await body.FlushAsync(end).ConfigureAwait(false);
    }
}
