using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Tcp;

/// <summary>A process whose descriptors run out, by a real limit: Limits:MaxConnections, which would prevent it, is set too high.</summary>
public sealed class DescriptorLimitTests
{
    // Two descriptors each; of the clients, most find none.
    private const int Places = 80;
    private const int Clients = 200;

    // What the process itself opens meanwhile: scrapes, its configuration file.
    private const int Others = 6;

    [Theory]
    [MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Descriptors_RunOut_LiveConnectionsGoOnAndOthersFollowWhenSomeEnd(string engine)
    {
        var prlimit = DebianPeer.Require("prlimit");
        await using var server = RecordingTcpServer.StartEcho();
        var port = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(
            ConfigFile.Tcp(port, server.Address, new { Mode = "None" }).Set("TcpProxy:Engine", engine).Set("Limits:MaxConnections", 10_000));
        using (var first = await Asker.ConnectAsync(port))
        {
            await Eventually.TrueAsync(() => first.IsAnswered, "a client is served");
        }

        // From here on this test's connection to Admin stays open.
        await gateway.WaitForMetricAsync("gateway_tcp_connection_active", v => v == 0);
        var limit = gateway.Process.Descriptors() + (2 * Places) + Others;
        (await ProcessRunner.RunAsync(
            [prlimit, "--pid", gateway.Process.Id.ToString(CultureInfo.InvariantCulture), string.Create(CultureInfo.InvariantCulture, $"--nofile={limit}:{limit}")])).RequireSuccess();

        var clients = new List<Asker>();
        for (var i = 0; i < Clients; i++)
        {
            clients.Add(await Asker.ConnectAsync(port));
        }

        await gateway.WaitForMetricAsync("gateway_tcp_accept_errors_total", v => v > 0, ("listener", "in"), ("error_type", "descriptors"));
        await Eventually.TrueAsync(() => clients.Count(static client => client.IsAnswered) >= Places - Others, "as many are served as there are places for");
        var live = clients.Where(static client => client.IsAnswered).ToList();
        Assert.InRange(live.Count, Places - Others, Places + Others);
        foreach (var client in live)
        {
            Assert.Equal("again", await client.AskAsync("again"));
        }

        // Places become free: who waits in the kernel's queue is served now, and nobody is left there. (Who got the last descriptor, and no second one, was reset.)
        live.ForEach(static client => client.Dispose());
        await Eventually.TrueAsync(() => clients.TrueForAll(static client => client.IsOver), "all who waited are answered or refused");
        clients.ForEach(static client => client.Dispose());
        await gateway.WaitForMetricAsync("gateway_tcp_connection_active", v => v == 0);
        using (var fresh = await Asker.ConnectAsync(port))
        {
            await Eventually.TrueAsync(() => fresh.IsAnswered, "a new client is served");
        }

        var metrics = await gateway.MetricsAsync();
        Assert.Equal(metrics.Sum("gateway_tcp_connection_closed_total"), metrics.Sum("gateway_tcp_connection_opened_total") - metrics.Sum("gateway_tcp_connection_active"));
        Assert.Equal(0, metrics.Sum("gateway_tcp_connection_closed_total", ("reason", "error")));
        // Said, but not for each of the pauses: 20 a second.
        Assert.InRange(gateway.Complaints().Count(static line => line.Contains("pauses accepting", StringComparison.Ordinal)), 1, 4);
    }

    /// <summary>A client that has sent a word and waits for its echo.</summary>
    private sealed class Asker : IDisposable
    {
        private readonly TcpPeer? _peer;
        private readonly Task<string> _first;

        private Asker(TcpPeer? peer)
        {
            _peer = peer;
            _first = AskAsync("hello");
        }

        public bool IsOver => _first.IsCompleted;

        public bool IsAnswered => _first.IsCompletedSuccessfully && _first.Result == "hello";

        public static async Task<Asker> ConnectAsync(int port)
        {
            try
            {
                return new Asker(await TcpPeer.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port)));
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
            {
                // It was reset before this side had seen that it was connected.
                return new Asker(null);
            }
        }

        /// <summary>The answer, or how the connection ended instead.</summary>
        public async Task<string> AskAsync(string word)
        {
            try
            {
                await (_peer?.SendAsync(word) ?? throw new EndOfStreamException());
                return await _peer.ReadTextAsync(word.Length);
            }
            catch (Exception end) when (end is SocketException or EndOfStreamException or ObjectDisposedException or OperationCanceledException)
            {
                return end.GetType().Name;
            }
        }

        public void Dispose() => _peer?.Dispose();
    }
}
