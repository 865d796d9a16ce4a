using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Gateway.FunctionalTests.Peers;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Shutdown;

/// <summary>What HTTP connections hear when the gateway drains.</summary>
public sealed class HttpDrainTests
{
    private const byte GoAway = 7;

    [Fact]
    public async Task Http1_RequestInFlight_AnswerSaysClose()
    {
        await using var slow = RecordingTcpServer.Start();
        var port = FreePorts.Next();
        await using var gateway = await StartAsync(port, slow.Address);
        using var client = await TcpPeer.ConnectAsync(port);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        using var backend = await slow.NextAsync();
        await ReadHeadAsync(backend);

        gateway.Terminate();
        await Eventually.TrueAsync(() => IsRefusedAsync(port), "no longer accepting");
        await gateway.Process.WaitForLineAsync(static line => line.Contains("were asked to end", StringComparison.Ordinal), "all have been asked");
        await backend.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone");

        var head = await ReadHeadAsync(client);
        Assert.Contains("Connection: close", head);
        Assert.Equal("done", await client.ReadTextAsync(4));
        Assert.Equal(ConnectionEnd.Fin, await client.WaitForEndAsync());
        Assert.Equal(0, await gateway.Process.WaitForExitAsync());
    }

    [Fact]
    public async Task Http2_RequestInFlight_GetsGoAwayAndItsAnswer()
    {
        await using var slow = RecordingTcpServer.Start();
        var port = FreePorts.Next();
        await using var gateway = await StartAsync(port, slow.Address, "Http2");
        using var client = new HttpClient
        {
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        var answering = client.GetStringAsync(new Uri($"http://127.0.0.1:{port}/"));
        using var backend = await slow.NextAsync();
        await ReadHeadAsync(backend);
        using var idle = await TcpPeer.ConnectAsync(port);
        await idle.SendAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        await idle.SendAsync(new byte[] { 0, 0, 0, 4, 0, 0, 0, 0, 0 });
        // The server's SETTINGS: it has accepted the connection, which would be reset with the listener otherwise.
        await idle.WaitForFirstByteAsync();

        gateway.Terminate();

        Assert.Equal(0, await ReadGoAwayAsync(idle));
        await backend.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone");
        Assert.Equal("done", await answering);
        Assert.Equal(0, await gateway.Process.WaitForExitAsync());
    }

    /// <summary>300 idle connections at 200 a second: they do not end in one moment.</summary>
    [Fact]
    public async Task Http1_ManyIdleConnections_EndSpreadOverHalfOfTheDrain()
    {
        const int many = 300;
        await using var backend = HttpBackend.Start();
        var port = FreePorts.Next();
        await using var gateway = await StartAsync(port, backend.Address);
        var clients = new List<TcpPeer>();
        for (var number = 0; number < many; number++)
        {
            var client = await TcpPeer.ConnectAsync(port);
            await client.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
            Assert.DoesNotContain("Connection: close", await ReadHeadAsync(client));
            clients.Add(client);
        }

        gateway.Terminate();
        var ends = await Task.WhenAll(clients.Select(async client =>
        {
            Assert.Equal(ConnectionEnd.Fin, await client.WaitForEndAsync());
            return Stopwatch.GetTimestamp();
        }));

        Assert.InRange(Stopwatch.GetElapsedTime(ends.Min(), ends.Max()), TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(15));
        Assert.Equal(0, await gateway.Process.WaitForExitAsync());
        clients.ForEach(static client => client.Dispose());
    }

    /// <summary>Not cut at its end: the answer that is due then says that the connection ends.</summary>
    [Fact]
    public async Task MaxConnectionDuration_RequestInFlight_AnswerSaysClose()
    {
        await using var slow = RecordingTcpServer.Start();
        var port = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(
            new ConfigFile().AddHttp("web", port, slow.Address).Set("Listeners:web:HttpLimits", new { MaxConnectionDuration = "1s" }));
        using var client = await TcpPeer.ConnectAsync(port);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        using var backend = await slow.NextAsync();
        await ReadHeadAsync(backend);

        // An idle connection of the same age, or a younger one, is closed: then the time of the first is over too.
        using var idle = await TcpPeer.ConnectAsync(port);
        Assert.Equal(ConnectionEnd.Fin, await idle.WaitForEndAsync());
        await backend.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone");

        Assert.Contains("Connection: close", await ReadHeadAsync(client));
        Assert.Equal("done", await client.ReadTextAsync(4));
        Assert.Equal(ConnectionEnd.Fin, await client.WaitForEndAsync());
    }

    private static Task<GatewayProcess> StartAsync(int port, string backend, string version = "Http1") => GatewayProcess.StartAsync(
        new ConfigFile().AddHttp("web", port, backend)
            .Set("Listeners:web:HttpVersion", version)
            .Set("Logging:LogLevel:Gateway.Http.Connections.SpreadClose", "Debug")
            .Set("Shutdown", new { DrainTimeout = "20s" }));

    private static async Task<List<string>> ReadHeadAsync(TcpPeer peer)
    {
        var lines = new List<string>();
        for (string line; (line = await peer.ReadLineAsync()).Length > 0;)
        {
            lines.Add(line);
        }

        return lines;
    }

    // The error code of the first GOAWAY frame (RFC 9113, 6.8).
    private static async Task<int> ReadGoAwayAsync(TcpPeer peer)
    {
        while (true)
        {
            var head = await peer.ReadExactlyAsync(9);
            var payload = await peer.ReadExactlyAsync((head[0] << 16) | (head[1] << 8) | head[2]);
            if (head[3] == GoAway)
            {
                return BinaryPrimitives.ReadInt32BigEndian(payload.AsSpan(4));
            }
        }
    }

    private static async Task<bool> IsRefusedAsync(int port)
    {
        try
        {
            using var peer = await TcpPeer.ConnectAsync(port);
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }
}
