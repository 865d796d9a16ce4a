using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Gateway.FunctionalTests.Peers;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Admin;

/// <summary>
/// One gateway for the tests of the API and the page: a TCP listener that takes PROXY headers, with two destinations, and an HTTP listener
/// that reads X-Forwarded-For.
/// </summary>
public sealed class AdminGateway : IAsyncLifetime
{
    public const string Token = "a-token-of-enough-characters";

    private readonly TemporaryFolder _folder = new();
    private readonly RecordingTcpServer[] _backends = [RecordingTcpServer.StartEcho(), RecordingTcpServer.StartEcho()];
    private RecordingTcpServer? _web;
    private HttpClient? _http;

    public GatewayProcess Gateway { get; private set; } = null!;

    public ConfigFile Config { get; private set; } = null!;

    public int TcpPort { get; } = FreePorts.Next();

    public int HttpPort { get; } = FreePorts.Next();

    public Uri Root => new($"http://127.0.0.1:{Gateway.AdminPort}/");

    public async ValueTask InitializeAsync()
    {
        _web = HttpBackend.Start();
        Config = ConfigFile.Tcp(TcpPort, _backends[0].Address, new { Mode = "None" }, new { TrustedProxies = new[] { "127.0.0.0/8" } })
            .Cluster("in", _backends[0].Address, _backends[1].Address)
            .AddHttp("web", HttpPort, _web.Address)
            .Set("Listeners:web:ForwardedHeaders", new { TrustedProxies = new[] { "127.0.0.0/8" } })
            .Set("Admin:TokenPath", _folder.Write("token", Token + "\n"));
        Gateway = await GatewayProcess.StartAsync(Config);
        _http = new HttpClient { BaseAddress = Root };
    }

    public async ValueTask DisposeAsync()
    {
        _http?.Dispose();
        await Gateway.DisposeAsync();
        await Task.WhenAll(_backends.Select(static backend => backend.DisposeAsync().AsTask()));
        await _web!.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>A live connection of a client that a PROXY header names.</summary>
    public async Task<TcpPeer> ConnectAsync(string client, int port = 4711)
    {
        var peer = await TcpPeer.ConnectAsync(TcpPort);
        await peer.SendAsync($"PROXY TCP4 {client} 192.0.2.1 {port} 5432\r\nhello");
        Assert.Equal("hello", await peer.ReadTextAsync(5));
        return peer;
    }

    /// <summary>A live HTTP connection, after one request.</summary>
    public async Task<TcpPeer> RequestAsync(string forwardedFor, string path = "/")
    {
        var peer = await TcpPeer.ConnectAsync(HttpPort);
        await peer.SendAsync($"GET {path} HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {forwardedFor}\r\n\r\n");
        Assert.Equal("HTTP/1.1 200 OK", await peer.ReadLineAsync());
        return peer;
    }

    /// <summary>GET of a resource.</summary>
    public async Task<JsonElement> GetAsync(string path) =>
        JsonDocument.Parse(await _http!.GetStringAsync(new Uri(path, UriKind.Relative))).RootElement;

    /// <summary>Waits until a resource is as wanted.</summary>
    public Task<JsonElement> WaitForAsync(string path, Func<JsonElement, bool> accept) =>
        Eventually.GetAsync(() => GetAsync(path), accept, path);

    /// <summary>A request that changes something.</summary>
    public async Task<HttpStatusCode> SendAsync(HttpMethod method, string path, string? token = Token)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        using var response = await _http!.SendAsync(request);
        return response.StatusCode;
    }

    /// <summary>The response to a GET, as soon as its headers are there.</summary>
    public Task<HttpResponseMessage> OpenAsync(string path) =>
        _http!.GetAsync(new Uri(path, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
}
