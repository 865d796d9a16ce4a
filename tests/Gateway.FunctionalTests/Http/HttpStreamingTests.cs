using System.Net;
using System.Net.WebSockets;
using System.Text;
using Gateway.Configuration;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.FunctionalTests.Http;

/// <summary>What must pass unchanged and unbuffered: WebSockets, gRPC-like streams, long bodies, 100-continue, redirects.</summary>
public sealed class HttpStreamingTests : IAsyncLifetime
{
    private HttpBackend _backend = null!;

    public async ValueTask InitializeAsync() => _backend = await HttpBackend.StartAsync();

    public ValueTask DisposeAsync() => _backend.DisposeAsync();

    [Fact]
    public async Task WebSocket_Messages_AreEchoedAndCounted()
    {
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(_backend.Http1));
        using var limit = new CancellationTokenSource(Limits.Wait);
        using (var socket = new ClientWebSocket())
        {
            await socket.ConnectAsync(new Uri($"ws://{gateway["web"]}/socket"), limit.Token);
            foreach (var text in new[] { "one", "two", new string('x', 3000) })
            {
                await socket.SendAsync(Encoding.ASCII.GetBytes(text), WebSocketMessageType.Text, true, limit.Token);
                var buffer = new byte[4096];
                var message = await socket.ReceiveAsync(buffer, limit.Token);
                Assert.Equal(text, Encoding.ASCII.GetString(buffer, 0, message.Count));
            }
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, limit.Token);
        }
        Assert.Matches("path=/socket status=101 sent=30\\d\\d ", await gateway.WaitForAccessLineAsync(line => line.Contains("/socket", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Http2_DuplexStream_EachPieceComesBackAndTrailersLast()
    {
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(_backend.Http2,
            listener => listener with { HttpVersion = ListenerHttpVersion.Http2 },
            cluster: cluster => cluster with { HttpRequest = new ForwarderRequestConfig { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact } }));
        using var client = ProxyClient.For(gateway["web"], http2: true);
        var body = new PushedContent("application/grpc");
        using var request = new HttpRequestMessage(HttpMethod.Post, "duplex") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = body };
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).WaitAsync(Limits.Wait);
        Assert.Equal(HttpVersion.Version20, response.Version);
        var answers = await response.Content.ReadAsStreamAsync();
        for (var i = 0; i < 3; i++)
        {
            await body.PushAsync($"piece {i}");
            var buffer = new byte[7];
            await answers.ReadExactlyAsync(buffer).AsTask().WaitAsync(Limits.Wait);
            Assert.Equal($"piece {i}", Encoding.ASCII.GetString(buffer));
        }
        body.Complete();
        Assert.Equal(0, await answers.ReadAsync(new byte[1]).AsTask().WaitAsync(Limits.Wait));
        Assert.Equal("0", response.TrailingHeaders.GetValues("grpc-status").Single());
        Assert.Equal("127.0.0.1", response.TrailingHeaders.GetValues("x-forwarded-for-was").Single());
    }

    [Fact]
    public async Task Response_HeadersWithoutBodyYet_ReachTheClientAtOnce()
    {
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(_backend.Http1));
        using var client = ProxyClient.For(gateway["web"]);
        using var response = await client.GetAsync("events", HttpCompletionOption.ResponseHeadersRead).WaitAsync(Limits.Wait);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        _backend.Gate.SetResult();
        Assert.Equal("data: 1\n\n", await response.Content.ReadAsStringAsync().WaitAsync(Limits.Wait));
    }

    [Fact]
    public async Task Response_FirstBytes_ComeBeforeTheEnd()
    {
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(_backend.Http1));
        using var client = ProxyClient.For(gateway["web"]);
        using var response = await client.GetAsync("gated", HttpCompletionOption.ResponseHeadersRead).WaitAsync(Limits.Wait);
        var stream = await response.Content.ReadAsStreamAsync();
        var first = new byte[6];
        await stream.ReadExactlyAsync(first).AsTask().WaitAsync(Limits.Wait);
        Assert.Equal("first ", Encoding.ASCII.GetString(first));
        _backend.Gate.SetResult();
        using var reader = new StreamReader(stream);
        Assert.Equal("last", await reader.ReadToEndAsync().WaitAsync(Limits.Wait));
    }

    [Fact]
    public async Task Request_LargerThanKestrelsDefault_PassesUnbuffered()
    {
        const int Pieces = 40;
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(_backend.Http1));
        using var client = ProxyClient.For(gateway["web"]);
        var body = new PushedContent("application/octet-stream");
        var answer = client.PostAsync("upload", body);
        var piece = new string('x', 1 << 20);
        await body.PushAsync(piece);
        // The backend has the first bytes while the client still holds the rest.
        await _backend.FirstBytes.Task.WaitAsync(Limits.Wait);
        for (var i = 1; i < Pieces; i++)
        {
            await body.PushAsync(piece);
        }
        body.Complete();
        using var response = await answer.WaitAsync(Limits.Wait);
        Assert.Equal($"{Pieces << 20}", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Request_LargerThanTheListenersLimit_IsRefused()
    {
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(_backend.Http1,
            listener => listener with { HttpLimits = new HttpLimitsConfig { MaxRequestBodyBytes = 1000 } }));
        using var client = ProxyClient.For(gateway["web"]);
        using var response = await client.PostAsync("upload", new ByteArrayContent(new byte[1001]));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
    }

    [Fact]
    public async Task Response_SlowerThanTheClustersActivityTimeout_IsCutByIt()
    {
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(_backend.Http1,
            cluster: cluster => cluster with { HttpRequest = new ForwarderRequestConfig { ActivityTimeout = TimeSpan.FromMilliseconds(200) } }));
        using var client = ProxyClient.For(gateway["web"]);
        using var response = await client.GetAsync("hold");
        Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
        await gateway.WaitForAccessLineAsync(line => line.Contains("status=504", StringComparison.Ordinal) && line.Contains("error=RequestTimedOut", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Expect100_BackendTakesTheBody_ContinueComesFirst()
    {
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(_backend.Http1));
        using var socket = await ProxyClient.ConnectAsync(gateway["web"]);
        await socket.SendAsync("POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"u8.ToArray());
        var buffer = new byte[1024];
        var read = await socket.ReceiveAsync(buffer).WaitAsync(Limits.Wait);
        Assert.StartsWith("HTTP/1.1 100 ", Encoding.ASCII.GetString(buffer, 0, read), StringComparison.Ordinal);
        await socket.SendAsync("hello"u8.ToArray());
        var answer = await socket.ReadToEndAsync();
        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        Assert.Contains("\r\n5\r\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Expect100_BackendRefuses_BodyIsNeverAskedFor()
    {
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(_backend.Http1));
        using var socket = await ProxyClient.ConnectAsync(gateway["web"]);
        // HttpClient sends a body of up to 1,024 bytes even after a refusal, to keep its connection; a larger one it does not.
        await socket.SendAsync("POST /refuse HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"u8.ToArray());
        Assert.StartsWith("HTTP/1.1 401 ", await socket.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Redirect_FromBackend_ReachesTheClientUntouched()
    {
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(_backend.Http1));
        using var client = ProxyClient.For(gateway["web"]);
        using var response = await client.GetAsync("redirect");
        Assert.Equal(HttpStatusCode.Redirect, response.StatusCode);
        Assert.Equal("http://elsewhere.example/there", response.Headers.Location!.ToString());
    }

    [Fact]
    public async Task Response_FromGateway_NamesNoServer()
    {
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(_backend.Http1));
        using var client = ProxyClient.For(gateway["web"]);
        using var response = await client.GetAsync("show");
        // The backend's own Server header passes; the gateway adds none.
        Assert.True(response.Headers.Server.Count <= 1);
        using var gone = ProxyClient.For(gateway["web"]);
        gateway.Update(HttpTestGateway.Config(_backend.Http1) with { ReverseProxy = new ReverseProxyConfig() });
        using var missing = await gone.GetAsync("show");
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        Assert.Empty(missing.Headers.Server);
    }

    /// <summary>A request body that a test writes piece by piece.</summary>
    private sealed class PushedContent : HttpContent
    {
        private readonly System.Threading.Channels.Channel<(byte[] Bytes, TaskCompletionSource Sent)> _pieces =
            System.Threading.Channels.Channel.CreateUnbounded<(byte[], TaskCompletionSource)>();

        public PushedContent(string type) => Headers.ContentType = new(type);

        public async Task PushAsync(string text)
        {
            var sent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _pieces.Writer.TryWrite((Encoding.ASCII.GetBytes(text), sent));
            await sent.Task.WaitAsync(Limits.Wait);
        }

        public void Complete() => _pieces.Writer.Complete();

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            // HTTP/2 sends the headers with the first flush.
            await stream.FlushAsync();
            await foreach (var (bytes, sent) in _pieces.Reader.ReadAllAsync())
            {
                await stream.WriteAsync(bytes);
                await stream.FlushAsync();
                sent.SetResult();
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
