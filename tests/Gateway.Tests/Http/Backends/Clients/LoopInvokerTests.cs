using System.Net;
using Gateway.Http.Backends.Clients;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Engines.Linux;

namespace Gateway.Tests.Http.Backends.Clients;

/// <summary>Which HTTP client sends a request.</summary>
public sealed class LoopInvokerTests : IAsyncDisposable
{
    private readonly LinuxTcpEngine _engine;
    private readonly HttpMessageInvoker _invoker;
    private readonly List<string> _made = [];

    public LoopInvokerTests()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The Linux engine needs Linux.");
        _engine = new LinuxTcpEngine(new LinuxEngineOptions { LoopCount = 2 });
        _invoker = LoopInvoker.Of(Loops, loop =>
        {
            var name = loop is null ? "sockets" : $"loop {loop.Index}";
            _made.Add(name);
            return new HttpMessageInvoker(new Named(name));
        });
    }

    private IReadOnlyList<EngineLoop> Loops => ((ITcpEngine)_engine).Loops;

    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    [Theory]
    [InlineData("http://a/", "1.1", HttpVersionPolicy.RequestVersionOrLower, "loop 1")]
    [InlineData("http://a/", "2.0", HttpVersionPolicy.RequestVersionOrLower, "loop 1")]
    [InlineData("http://a/", "1.1", HttpVersionPolicy.RequestVersionExact, "loop 1")]
    [InlineData("http://a/", "2.0", HttpVersionPolicy.RequestVersionExact, "sockets")]
    [InlineData("http://a/", "2.0", HttpVersionPolicy.RequestVersionOrHigher, "sockets")]
    [InlineData("https://a/", "1.1", HttpVersionPolicy.RequestVersionOrLower, "sockets")]
    public async Task Send_OnALoop_IsThatLoopsForHttp1WithoutTls(string uri, string version, HttpVersionPolicy policy, string expected)
    {
        await Loops[1].EnterAsync();
        Assert.Equal(expected, await SendAsync(uri, version, policy));
        Assert.Equal([expected], _made);
    }

    [Fact]
    public async Task Send_OnNoLoop_IsTheSockets() =>
        Assert.Equal("sockets", await SendAsync("http://a/", "1.1", HttpVersionPolicy.RequestVersionOrLower));

    [Fact]
    public void Of_NoLoops_IsTheOneClient() =>
        Assert.IsNotType<LoopInvoker>(LoopInvoker.Of([], _ => new HttpMessageInvoker(new Named(""))));

    private async Task<string?> SendAsync(string uri, string version, HttpVersionPolicy policy)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, uri) { Version = Version.Parse(version), VersionPolicy = policy };
        using var response = await _invoker.SendAsync(request, TestContext.Current.CancellationToken);
        return response.ReasonPhrase;
    }

    private sealed class Named(string name) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { ReasonPhrase = name });
    }
}
