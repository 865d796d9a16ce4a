using System.Net;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Http.Battery;

/// <summary>One gateway for all cases of a version of HTTP, and what reaches the destination behind it.</summary>
public sealed class BatteryGateway : IAsyncLifetime
{
    private readonly RecordingHttpBackend _backend = RecordingHttpBackend.Start(static request =>
        request.Head.StartsWith("HEAD ", StringComparison.Ordinal) ? RecordingHttpBackend.Ok[..^2] : RecordingHttpBackend.Ok);

    private readonly int _http1 = FreePorts.Next();
    private readonly int _http2 = FreePorts.Next();
    private GatewayProcess _gateway = null!;

    /// <summary>Where HTTP/1.1 is spoken.</summary>
    public IPEndPoint Http1 => new(IPAddress.Loopback, _http1);

    /// <summary>Where HTTP/2 is.</summary>
    public IPEndPoint Http2 => new(IPAddress.Loopback, _http2);

    public async ValueTask InitializeAsync() => _gateway = await GatewayProcess.StartAsync(new ConfigFile()
        .AddHttp("web", _http1, new Uri(_backend.Url).Authority)
        .AddHttp("web2", _http2, new Uri(_backend.Url).Authority)
        .Set("Listeners:web2:HttpVersion", "Http2"));

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _backend.DisposeAsync();
    }

    /// <summary>Waits for what is expected and looks for more.</summary>
    /// <returns>What reached the destination, as the files write it.</returns>
    internal async Task<IReadOnlyList<string>> TakeReachedAsync(int expected)
    {
        var requests = new List<RecordedRequest>();
        while (requests.Count < expected)
        {
            requests.Add(await _backend.NextAsync());
        }

        while (_backend.Find() is { } more)
        {
            requests.Add(more);
        }

        return [.. requests.SelectMany(request => BatteryCase.Show(request, new Uri(_backend.Url).Authority))];
    }
}
