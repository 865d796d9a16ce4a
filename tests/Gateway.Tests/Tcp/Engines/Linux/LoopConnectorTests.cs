using System.Net;
using System.Net.Sockets;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Engines.Linux;

namespace Gateway.Tests.Tcp.Engines.Linux;

/// <summary>Connections that a loop opens for no client's connection.</summary>
public sealed class LoopConnectorTests : IAsyncDisposable
{
    private readonly LinuxTcpEngine _engine;

    public LoopConnectorTests()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The Linux engine needs Linux.");
        _engine = new LinuxTcpEngine(new LinuxEngineOptions { LoopCount = 1 });
    }

    private EngineLoop Loop => ((ITcpEngine)_engine).Loops[0];

    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    [Fact]
    public async Task Connect_FromManyThreads_ConnectsEachTime()
    {
        using var server = TestSockets.Listen();
        var dials = Enumerable.Range(0, 100).Select(_ => Task.Run(async () =>
        {
            var result = await Loop.CreateConnector(CancellationToken.None).ConnectAsync(To((IPEndPoint)server.LocalEndPoint!));
            Assert.Equal(ConnectFailure.None, result.Failure);
            result.Connection!.Close();
        }));
        await Task.WhenAll(dials).Within();
    }

    [Fact]
    public async Task Connect_Refused_BlamesTheDestination()
    {
        var result = await Loop.CreateConnector(CancellationToken.None).ConnectAsync(To(TestSockets.Refusing())).Within();
        Assert.Equal((ConnectFailure.Destination, SocketError.ConnectionRefused), (result.Failure, result.Error));
    }

    [Fact]
    public async Task Connect_NobodyAccepts_EndsWithTheTimeLimit()
    {
        using var full = Full();
        var request = To((IPEndPoint)full.Server.LocalEndPoint!) with { Timeout = TimeSpan.FromMilliseconds(50) };
        var result = await Loop.CreateConnector(CancellationToken.None).ConnectAsync(request).Within();
        Assert.Equal(ConnectFailure.Timeout, result.Failure);
    }

    [Fact]
    public async Task Connect_IsCancelled_IsAborted()
    {
        using var full = Full();
        using var cancellation = new CancellationTokenSource();
        var dial = Loop.CreateConnector(cancellation.Token).ConnectAsync(To((IPEndPoint)full.Server.LocalEndPoint!)).AsTask();
        await Loop.HopAsync();
        await Task.Run(cancellation.Cancel);
        Assert.Equal(ConnectFailure.Aborted, (await dial.Within()).Failure);
    }

    [Fact]
    public async Task Connect_TheLoopHasEnded_IsAborted()
    {
        await _engine.DisposeAsync();
        var result = await Loop.CreateConnector(CancellationToken.None).ConnectAsync(To(TestSockets.Refusing())).Within();
        Assert.Equal(ConnectFailure.Aborted, result.Failure);
    }

    private static ConnectRequest To(IPEndPoint destination) => new() { Destination = destination, Timeout = TestSockets.Limit };

    // A listener whose accept queue is full: the kernel drops the SYN of another connection.
    private static FullListener Full() => new();

    private sealed class FullListener : IDisposable
    {
        private readonly List<Socket> _clients = [];

        public FullListener()
        {
            for (var i = 0; i < 4; i++)
            {
                var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
                try
                {
                    client.Connect(Server.LocalEndPoint!);
                }
                catch (SocketException)
                {
                    // It connects, or is one too many already.
                }

                _clients.Add(client);
            }
        }

        public Socket Server { get; } = TestSockets.Listen(backlog: 1);

        public void Dispose()
        {
            _clients.ForEach(client => client.Dispose());
            Server.Dispose();
        }
    }
}
