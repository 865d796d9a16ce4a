using System.Net;
using System.Net.Sockets;
using Gateway.Testing.Network;

namespace Gateway.FunctionalTests.Http;

/// <summary>One client with one kept-alive connection from an address of its choice.</summary>
internal sealed class Visitor : IDisposable
{
    private readonly HttpClient _http;
    private readonly Socket _socket;

    private Visitor(Socket socket, bool http2)
    {
        _socket = socket;
        _http = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            MaxConnectionsPerServer = 1,
            ConnectCallback = (_, _) => ValueTask.FromResult<Stream>(new NetworkStream(_socket, ownsSocket: true)),
        })
        {
            BaseAddress = new Uri("http://gateway.example/"),
            Timeout = Limits.Wait,
            DefaultRequestVersion = http2 ? HttpVersion.Version20 : HttpVersion.Version11,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
    }

    /// <summary>Its end of its connection.</summary>
    public IPEndPoint Local => (IPEndPoint)_socket.LocalEndPoint!;

    /// <summary>Connects.</summary>
    public static async Task<Visitor> ConnectAsync(IPEndPoint gateway, string from, NetworkNamespace? inside = null, bool http2 = false)
    {
        var address = IPAddress.Parse(from);
        var socket = inside?.CreateSocket(address.AddressFamily) ?? new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.NoDelay = true;
        socket.Bind(new IPEndPoint(address, 0));
        await socket.ConnectAsync(gateway).WaitAsync(Limits.Wait);
        return new Visitor(socket, http2);
    }

    /// <summary>The text of an answer with status 200.</summary>
    public async Task<string> GetAsync(string path = "", string? forwardedFor = null)
    {
        using var response = await SendAsync(path, forwardedFor);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return (await response.Content.ReadAsStringAsync()).Trim();
    }

    /// <summary>An answer.</summary>
    public Task<HttpResponseMessage> SendAsync(string path, string? forwardedFor = null, HttpCompletionOption completion = HttpCompletionOption.ResponseContentRead)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path) { Version = _http.DefaultRequestVersion, VersionPolicy = _http.DefaultVersionPolicy };
        if (forwardedFor is not null)
        {
            request.Headers.TryAddWithoutValidation("X-Forwarded-For", forwardedFor);
        }

        return _http.SendAsync(request, completion);
    }

    public void Dispose() => _http.Dispose();
}
