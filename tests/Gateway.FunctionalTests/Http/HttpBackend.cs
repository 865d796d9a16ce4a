using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.FunctionalTests.Http;

/// <summary>A backend on loopback, HTTP/1.1 and h2c, that shows what reached it.</summary>
internal sealed class HttpBackend : IAsyncDisposable
{
    private readonly WebApplication _app;

    private HttpBackend(WebApplication app)
    {
        _app = app;
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ToArray();
        (Http1, Http2) = (addresses[0], addresses[1]);
    }

    /// <summary>Base address for HTTP/1.1.</summary>
    public string Http1 { get; }

    /// <summary>Base address for HTTP/2 with prior knowledge.</summary>
    public string Http2 { get; }

    /// <summary>Holds <c>/gated</c> back until a test has seen what it wants to see.</summary>
    public TaskCompletionSource Gate { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Set when <c>/hold</c> has got a request.</summary>
    public TaskCompletionSource Held { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Set when <c>/upload</c> has got its first bytes.</summary>
    public TaskCompletionSource FirstBytes { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static async Task<HttpBackend> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRouting();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MaxRequestHeadersTotalSize = 64 * 1024;
            kestrel.Limits.Http2.MaxRequestHeaderFieldSize = 64 * 1024;
            kestrel.RequestHeaderEncodingSelector = _ => Encoding.Latin1;
            kestrel.ResponseHeaderEncodingSelector = _ => Encoding.Latin1;
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
        });
        var app = builder.Build();
        app.UseWebSockets();
        HttpBackend? backend = null;
        app.Map("/redirect", (HttpContext context) => context.Response.Redirect("http://elsewhere.example/there", permanent: false));
        app.Map("/upload", (HttpContext context) => backend!.UploadAsync(context));
        app.Map("/refuse", (HttpContext context) => context.Response.StatusCode = StatusCodes.Status401Unauthorized);
        app.Map("/gated", (HttpContext context) => backend!.GatedAsync(context));
        app.Map("/hold", (HttpContext context) => backend!.HoldAsync(context));
        app.Map("/flood", FloodAsync);
        app.Map("/events", (HttpContext context) => backend!.EventsAsync(context));
        app.Map("/duplex", DuplexAsync);
        app.Map("/socket", SocketAsync);
        app.Map("/trailers", TrailersAsync);
        app.Map("/bytes", BytesAsync);
        app.Map("/{**rest}", ShowAsync);
        await app.StartAsync().WaitAsync(Limits.Wait);
        return backend = new HttpBackend(app);
    }

    private static Task ShowAsync(HttpContext context) => context.Response.WriteAsync(JsonSerializer.Serialize(
        context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase)));

    private async Task UploadAsync(HttpContext context)
    {
        var buffer = new byte[65536];
        long total = 0;
        int read;
        while ((read = await context.Request.Body.ReadAsync(buffer)) > 0)
        {
            total += read;
            FirstBytes.TrySetResult();
        }
        await context.Response.WriteAsync($"{total}");
    }

    private Task HoldAsync(HttpContext context)
    {
        Held.TrySetResult();
        return Gate.Task.WaitAsync(context.RequestAborted);
    }

    /// <summary>As much as the client takes, until it leaves.</summary>
    private static async Task FloodAsync(HttpContext context)
    {
        var piece = new byte[65536];
        while (!context.RequestAborted.IsCancellationRequested)
        {
            await context.Response.Body.WriteAsync(piece);
        }
    }

    private async Task GatedAsync(HttpContext context)
    {
        await context.Response.WriteAsync("first ");
        await context.Response.Body.FlushAsync();
        await Gate.Task.WaitAsync(Limits.Wait);
        await context.Response.WriteAsync("last");
    }

    private async Task EventsAsync(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        await context.Response.Body.FlushAsync();
        await Gate.Task.WaitAsync(Limits.Wait);
        await context.Response.WriteAsync("data: 1\n\n");
    }

    /// <summary>As a gRPC bidirectional stream does: each piece is answered at once, trailers come last.</summary>
    private static async Task DuplexAsync(HttpContext context)
    {
        context.Response.ContentType = context.Request.ContentType;
        await context.Response.Body.FlushAsync();
        var buffer = new byte[4096];
        int read;
        while ((read = await context.Request.Body.ReadAsync(buffer)) > 0)
        {
            await context.Response.Body.WriteAsync(buffer.AsMemory(0, read));
            await context.Response.Body.FlushAsync();
        }
        context.Response.AppendTrailer("grpc-status", "0");
        context.Response.AppendTrailer("x-forwarded-for-was", context.Request.Headers["X-Forwarded-For"].ToString());
    }

    private static async Task TrailersAsync(HttpContext context)
    {
        context.Response.DeclareTrailer("X-Checksum");
        await context.Response.WriteAsync("body");
        context.Response.AppendTrailer("X-Checksum", "1");
    }

    /// <summary>The bytes of a header in a header and, where there is one, in a trailer.</summary>
    private static async Task BytesAsync(HttpContext context)
    {
        context.Response.Headers["X-Bytes"] = context.Request.Headers["X-Bytes"];
        await context.Response.WriteAsync("body");
        context.Response.AppendTrailer("X-Bytes-Last", context.Request.Headers["X-Bytes"]);
    }

    private static async Task SocketAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var buffer = new byte[4096];
        while (true)
        {
            var message = await socket.ReceiveAsync(buffer, CancellationToken.None);
            if (message.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
                return;
            }
            await socket.SendAsync(buffer.AsMemory(0, message.Count), message.MessageType, message.EndOfMessage, CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Gate.TrySetResult();
        using var now = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }
}
