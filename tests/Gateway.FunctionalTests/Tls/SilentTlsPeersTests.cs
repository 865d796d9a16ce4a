using System.Diagnostics;
using System.Net.Security;
using System.Net.Sockets;
using Gateway.Testing;
using Gateway.Testing.Certificates;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Tls;

/// <summary>Peers that never finish their ClientHello: they end in time, and nobody else notices.</summary>
[Collection(HeavyTests.Name)]
public sealed class SilentTlsPeersTests
{
    private const int OfEach = 2000;
    private const string Name = "db.example";

    [Theory]
    [MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Peers_SilentOrWithinTheHello_EndByHandshakeTimeoutAndLeaveNothing(string engine)
    {
        using var folder = new TemporaryFolder();
        using var authority = new TestAuthority("own");
        await using var echo = RecordingTcpServer.StartEcho();
        var port = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(new ConfigFile().Set("TcpProxy:Engine", engine)
            .AddTls("db", $"127.0.0.1:{port}", echo.Address, TlsConfigs.Silent, PemPair.Write(folder, "db", authority.Issue("db", Name)))
            .Set("Listeners:db:Tls:HandshakeTimeout", "12s")
            .Set("Logging:LogLevel", new Dictionary<string, string> { ["Gateway.Access"] = "Warning" }));
        using (var first = await EchoingTlsClient.ConnectAsync(port, Name))
        {
            Assert.Equal("hello", await first.EchoAsync("hello"));
        }

        await gateway.WaitForMetricAsync("gateway_tcp_connection_active", static v => v == 0);
        var (sockets, memory) = (gateway.Process.Sockets(), gateway.Process.ResidentBytes());
        var hello = await RecordHelloAsync();
        var peers = new List<TcpPeer>();
        for (var i = 0; i < 2 * OfEach; i++)
        {
            var peer = await TcpPeer.ConnectAsync(port, $"127.0.{1 + (i / 250)}.{1 + (i % 250)}");
            peers.Add(peer);
            if (i % 2 == 1)
            {
                // Cut behind every byte in turn.
                await peer.SendAsync(hello.AsMemory(0, 1 + (i / 2 % (hello.Length - 1))));
            }
        }

        await Eventually.TrueAsync(() => gateway.Process.Sockets() >= sockets + (2 * OfEach), "all accepted");
        var grown = (gateway.Process.ResidentBytes() - memory) / (1024.0 * 1024);
        var began = Stopwatch.GetTimestamp();
        using (var innocent = await EchoingTlsClient.ConnectAsync(port, Name))
        {
            Assert.Equal("hello", await innocent.EchoAsync("hello"));
        }

        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, 0, 2);
        // 4,000 records, and a buffer of 2 KB for each of those that have said something.
        Assert.InRange(grown, -20, 50);

        var ends = await Task.WhenAll(peers.Select(static peer => peer.WaitForEndAsync()));
        Assert.Equal(2 * OfEach, ends.Length);
        await gateway.WaitForMetricAsync("gateway_tcp_connection_rejected_total", static v => v == 2 * OfEach, ("listener", "db"), ("reason", "tls"));
        await gateway.WaitForMetricAsync("gateway_tcp_connection_active", static v => v == 0);
        peers.ForEach(static peer => peer.Dispose());
        await Eventually.TrueAsync(() => gateway.Process.Sockets() <= sockets + 2, "all descriptors are back");
    }

    private static async Task<byte[]> RecordHelloAsync()
    {
        await using var server = RecordingTcpServer.Start();
        using var client = await TcpPeer.ConnectAsync(server.Port);
        await using var tls = new SslStream(new NetworkStream(client.Socket));
        var shaking = tls.AuthenticateAsClientAsync(Name);
        using var accepted = await server.NextAsync();
        var buffer = new byte[4096];
        var length = await accepted.ReadAsync(buffer);
        accepted.Dispose();
        await Assert.ThrowsAnyAsync<Exception>(() => shaking);
        return buffer[..length];
    }
}
