using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Http;

/// <summary>Nobody who never lets a socket run dry keeps others waiting: requests run on the few threads on which sockets are polled.</summary>
[Collection(HeavyTests.Name)]
public sealed class TurnsTests
{
    private const int Probes = 20;

    // A starved probe waits for as long as the load lasts; one that only waits for its turn on two busy cores, a fraction of a second.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task Probes_BesideConnectionsAtFullSpeed_AreAnswered()
    {
        await using var backend = await HttpBackend.StartAsync();
        var port = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(
            new ConfigFile().AddHttp("web", port, new Uri(backend.Http1).Authority).Set("ReverseProxy:Routes:web:Match:Path", "/up/{**rest}")
                .Set("ReverseProxy:Routes:web:Transforms", new[] { new { PathRemovePrefix = "/up" } }).Set("Logging:LogLevel:Gateway.Access", "None"));
        using var end = new CancellationTokenSource();
        long moved = 0;
        var load = new[]
        {
            Load(port, "POST /up/upload HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000000\r\n\r\n", new byte[65536], n => Interlocked.Add(ref moved, n), end.Token),
            Load(port, "POST /up/upload HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000000\r\n\r\n", new byte[65536], n => Interlocked.Add(ref moved, n), end.Token),
            Load(port, "GET /up/flood HTTP/1.1\r\nHost: a\r\n\r\n", [], n => Interlocked.Add(ref moved, n), end.Token),
            Load(port, "", Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("GET /nobody HTTP/1.1\r\nHost: a\r\n\r\n", 1000))), n => Interlocked.Add(ref moved, n), end.Token),
        };
        await Eventually.TrueAsync(() => Interlocked.Read(ref moved) > 100_000_000, "the connections are at full speed");

        using var http = new HttpClient { Timeout = Patience };
        for (var i = 0; i < Probes; i++)
        {
            // A connection of its own each, as probes have.
            using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{gateway.AdminPort}/healthz/live") { Headers = { ConnectionClose = true } };
            using var response = await http.SendAsync(request);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
        Assert.All(load, task => Assert.False(task.IsCompleted));
        await end.CancelAsync();
        await Task.WhenAll(load);
    }

    /// <summary>Sends <paramref name="head"/>, then <paramref name="piece"/> again and again, and reads whatever comes, both as fast as it goes.</summary>
    private static Task Load(int port, string head, byte[] piece, Action<int> onMoved, CancellationToken end)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(IPAddress.Loopback, port);
        socket.Send(Encoding.ASCII.GetBytes(head));
        end.Register(socket.Dispose);
        var writing = Task.Factory.StartNew(() => Move(() => socket.Send(piece), onMoved, piece.Length > 0), TaskCreationOptions.LongRunning);
        var buffer = new byte[65536];
        return Task.WhenAll(writing, Task.Factory.StartNew(() => Move(() => socket.Receive(buffer), onMoved, true), TaskCreationOptions.LongRunning));

        void Move(Func<int> step, Action<int> moved, bool any)
        {
            try
            {
                while (any && step() is var count and > 0)
                {
                    moved(count);
                }
            }
            catch (Exception e) when (end.IsCancellationRequested && e is SocketException or ObjectDisposedException)
            {
                // The end.
            }
        }
    }
}
