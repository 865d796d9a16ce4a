using System.Net;
using System.Text.Json;
using global::Whoami;

namespace Gateway.Tests.Whoami;

public sealed class WhoamiHttpTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Get_NoAccept_IsTextWithPeerAndForwardedHeaders()
    {
        await using var backend = await WhoamiHttp.StartAsync(new IPEndPoint(IPAddress.Loopback, 0)).WaitAsync(Limit);
        var text = await GetAsync(backend, "/a?b=c", ("X-Forwarded-For", "203.0.113.7, 10.0.0.1"), ("X-Real-IP", "203.0.113.7"));

        Assert.StartsWith("GET /a?b=c HTTP/1.1\npeer:            127.0.0.1:", text, StringComparison.Ordinal);
        Assert.Contains("\nX-Forwarded-For: 203.0.113.7, 10.0.0.1\n", text, StringComparison.Ordinal);
        Assert.Contains("\nX-Real-IP:       203.0.113.7\n", text, StringComparison.Ordinal);
        Assert.Contains("\nForwarded:       -\n", text, StringComparison.Ordinal);
        Assert.Contains($"\nHost:            {backend.EndPoint}\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_AcceptJson_IsJson()
    {
        await using var backend = await WhoamiHttp.StartAsync(new IPEndPoint(IPAddress.Loopback, 0)).WaitAsync(Limit);
        using var json = JsonDocument.Parse(await GetAsync(backend, "/", ("Accept", "application/json"), ("Forwarded", "for=192.0.2.1")));

        Assert.StartsWith("127.0.0.1:", json.RootElement.GetProperty("peer").GetString(), StringComparison.Ordinal);
        Assert.Equal("for=192.0.2.1", json.RootElement.GetProperty("forwarded").GetString());
        Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("xForwardedFor").ValueKind);
        Assert.Equal("for=192.0.2.1", json.RootElement.GetProperty("headers").GetProperty("Forwarded")[0].GetString());
    }

    [Fact]
    public async Task Start_PortInUse_IsAnIOException()
    {
        await using var first = await WhoamiHttp.StartAsync(new IPEndPoint(IPAddress.Loopback, 0)).WaitAsync(Limit);

        await Assert.ThrowsAsync<IOException>(() => WhoamiHttp.StartAsync(first.EndPoint).WaitAsync(Limit));
    }

    private static async Task<string> GetAsync(WhoamiHttp backend, string path, params (string Name, string Value)[] headers)
    {
        using var http = new HttpClient { Timeout = Limit };
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{backend.EndPoint}{path}");
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await http.SendAsync(request);
        return await response.Content.ReadAsStringAsync();
    }
}
