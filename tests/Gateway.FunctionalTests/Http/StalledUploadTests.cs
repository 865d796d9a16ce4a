using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Http;

/// <summary>Uploads that a backend does not take: what they hold, and when they end.</summary>
[Collection(HeavyTests.Name)]
public sealed class StalledUploadTests : IAsyncLifetime
{
    private const string Head = "POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n";

    // What the server keeps for one, and 64 KiB twice. Before there was a limit: 1.2 MiB.
    private const long MostBytesOfOne = 400 * 1024;
    private const int Uploads = 150;

    // A client that stalls makes no progress for so long.
    private static readonly TimeSpan Stalled = TimeSpan.FromMilliseconds(500);

    private readonly RecordingTcpServer _deaf = RecordingTcpServer.Start(static peer => Task.Delay(Timeout.Infinite));
    private readonly RecordingTcpServer _other = Peers.HttpBackend.Start();
    private readonly int _web = FreePorts.Next();
    private readonly List<Socket> _clients = [];

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        _clients.ForEach(client => client.Dispose());
        await _deaf.DisposeAsync();
        await _other.DisposeAsync();
    }

    [Fact]
    public async Task Uploads_ThatStall_HoldLittleLetOthersThroughAndEndWithTheirClients()
    {
        await using var gateway = await StartAsync();
        await AskOtherAsync();
        var (sockets, memory) = (gateway.Process.Sockets(), gateway.Process.ResidentBytes());

        await Task.WhenAll(Enumerable.Range(0, Uploads).Select(_ => UploadAsync(int.MaxValue)));

        Assert.InRange(gateway.Process.ResidentBytes() - memory, 0, Uploads * MostBytesOfOne);
        await AskOtherAsync();
        foreach (var client in _clients)
        {
            // RST.
            client.Close(0);
        }

        await Eventually.TrueAsync(() => gateway.Process.Sockets() <= sockets + 4, "the uploads end with their clients");
        await AskOtherAsync();
    }

    [Fact]
    public async Task Upload_WhoseClientLeavesInOrder_EndsAlthoughItsBodyIsNotRead()
    {
        await using var gateway = await StartAsync();
        await AskOtherAsync();
        var sockets = gateway.Process.Sockets();
        var client = await UploadAsync(0);
        // The FIN arrives only if all that was sent before it has: what the gateway does not read is still in its window.
        var (unread, looks) = (0L, 0);
        await Eventually.TrueAsync(
            async () =>
            {
                var before = unread;
                await client.SendAsync(new byte[before == 0 ? 64 * 1024 : 1024]);
                unread = UnreadOf(client);
                looks = unread > 0 && unread >= before ? looks + 1 : 0;
                return looks == 10;
            },
            "the gateway reads no more");
        client.Shutdown(SocketShutdown.Send);

        await Eventually.TrueAsync(() => gateway.Process.Sockets() <= sockets + 2, "the upload ends with its client");
        await gateway.WaitForAccessAsync("path=/up", "error=");
    }

    [Fact]
    public async Task Upload_WithoutProgress_EndsByTheIdleTimeout()
    {
        await using var gateway = await StartAsync(config => config.Set("ReverseProxy:Clusters:web:HttpRequest", new { ActivityTimeout = "00:00:01" }));
        using var client = new TcpPeer(await UploadAsync(int.MaxValue));

        // 504, or 408 where the timeout met a client that was slow itself.
        Assert.Matches("^HTTP/1.1 (504|408) ", await client.ReadLineAsync());
    }

    private async Task<GatewayProcess> StartAsync(Func<ConfigFile, ConfigFile>? change = null)
    {
        var config = new ConfigFile().AddHttp("web", _web, _deaf.Address)
            .Set("ReverseProxy:Routes:other", new { ClusterId = "other", Match = new { Path = "/other/{**any}" }, Metadata = new { Listeners = "web" } })
            .Set("ReverseProxy:Clusters:other:Destinations:one", new { Address = $"http://{_other.Address}/" });
        return await GatewayProcess.StartAsync(change?.Invoke(config) ?? config);
    }

    private async Task AskOtherAsync()
    {
        using var http = new HttpClient { Timeout = Eventually.DefaultTimeout };
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{_web}/other/") { Headers = { ConnectionClose = true } };
        using var response = await http.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    /// <summary>A client that has sent the head and as much of its body as anybody takes, or so much.</summary>
    private async Task<Socket> UploadAsync(long most)
    {
        var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        lock (_clients)
        {
            _clients.Add(client);
        }

        await client.ConnectAsync(IPAddress.Loopback, _web);
        most -= await client.SendAsync(System.Text.Encoding.ASCII.GetBytes(Head));
        var piece = new byte[16 * 1024];
        while (most > 0)
        {
            using var limit = new CancellationTokenSource(Stalled);
            try
            {
                most -= await client.SendAsync(piece.AsMemory(0, (int)Math.Min(piece.Length, most)), limit.Token);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }

        return client;
    }

    /// <summary>What has arrived at the gateway and was not read, as /proc/net/tcp says it.</summary>
    private static long UnreadOf(Socket client)
    {
        var port = string.Create(CultureInfo.InvariantCulture, $":{((IPEndPoint)client.LocalEndPoint!).Port:X4}");
        var line = File.ReadLines("/proc/net/tcp").Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Single(fields => fields[2].EndsWith(port, StringComparison.Ordinal) && fields[3] == "01");
        return long.Parse(line[4].Split(':')[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }
}
