using Gateway.Tcp.Configuration;
using Gateway.Tcp.Routing;
using Gateway.Testing;
using Gateway.Testing.Network;

namespace Gateway.Tests.Tcp.Pipeline;

/// <summary>What active checks do to new and to live connections.</summary>
public sealed class PipelineHealthTests
{
    private static readonly TcpActiveHealthCheckConfig Role = new()
    {
        Kind = TcpHealthCheckKind.Exchange,
        Send = "ROLE\n",
        Expect = "master",
        Interval = TimeSpan.FromMilliseconds(20),
        Timeout = TimeSpan.FromSeconds(5),
        Rise = 1,
        Fall = 1,
    };

    private static readonly TcpActiveHealthCheckConfig Connect = new()
    {
        Interval = TimeSpan.FromMilliseconds(20),
        Timeout = TimeSpan.FromSeconds(5),
        Rise = 1,
        Fall = 1,
    };

    [Theory]
    [InlineData(TcpEngineKind.Linux)]
    [InlineData(TcpEngineKind.Portable)]
    public async Task Demoted_Close_EndsItsConnectionsOnBothSidesAndNoOthers(TcpEngineKind engine)
    {
        await using var first = new RoleServer("first");
        await using var second = new RoleServer("second");
        await using var plane = await TestPlane.StartAsync(
            Model(new() { Active = Role, WhenUnhealthy = TcpUnhealthyAction.Close }, first.Address, second.Address), engine);
        using var one = await plane.ConnectAsync();
        using var two = await plane.ConnectAsync();
        var (ends, goesOn) = await SpeakAsync(one) == "first" ? (one, two) : (two, one);
        await SpeakAsync(two);

        first.IsMaster = false;

        Assert.Equal(ConnectionEnd.Reset, await ends.WaitForEndAsync());
        Assert.Equal(ConnectionEnd.Reset, await first.EndOfClient.WaitAsync(Eventually.DefaultTimeout));
        var line = await plane.AccessAsync();
        Assert.Equal("unhealthy", line["reason"]);
        Assert.Equal("d0", line["destination"]);
        Assert.Equal("second", await SpeakAsync(goesOn));
        using var next = await plane.ConnectAsync();
        Assert.Equal("second", await SpeakAsync(next));
    }

    [Theory]
    [InlineData(TcpUnhealthyAction.Keep, true)]
    [InlineData(TcpUnhealthyAction.Close, false)]
    public async Task Demoted_TheOnlyOne_KeepsOrEndsWhatItHas(TcpUnhealthyAction action, bool goesOn)
    {
        await using var server = new RoleServer("only");
        await using var plane = await TestPlane.StartAsync(Model(new() { Active = Role, WhenUnhealthy = action }, server.Address));
        using var client = await plane.ConnectAsync();
        await SpeakAsync(client);

        server.IsMaster = false;
        await Eventually.TrueAsync(() => !plane.Plane.HasUsableDestination("c"), "out of use");
        if (goesOn)
        {
            await SpeakAsync(client);
        }
        else
        {
            Assert.Equal(ConnectionEnd.Reset, await client.WaitForEndAsync());
        }

        // It is tried all the same, and what was opened on purpose is not closed.
        using var next = await plane.ConnectAsync();
        await SpeakAsync(next);
        await SpeakAsync(next);
    }

    [Theory]
    [InlineData(TcpEngineKind.Linux, TcpAllDownAction.Reject, "no_healthy_destination")]
    [InlineData(TcpEngineKind.Portable, TcpAllDownAction.Reject, "no_healthy_destination")]
    [InlineData(TcpEngineKind.Portable, TcpAllDownAction.TryAll, "backend_connect_failed")]
    public async Task AllDown_RejectOrTryAll(TcpEngineKind engine, TcpAllDownAction action, string reason)
    {
        string address;
        await using (var gone = RecordingTcpServer.StartEcho())
        {
            address = gone.Address;
        }

        await using var plane = await TestPlane.StartAsync(Model(new() { Active = Connect, WhenAllDown = action }, address), engine);
        using var rejected = plane.Count("gateway.tcp.connection.rejected");
        using var opened = plane.Count("gateway.tcp.connection.opened");
        await Eventually.TrueAsync(() => !plane.Plane.HasUsableDestination("c"), "out of use");

        Assert.Equal(ConnectionEnd.Reset, await plane.ConnectToTheEndAsync());

        Assert.Equal(reason, (await plane.AccessAsync())["reason"]);
        var isRejected = action == TcpAllDownAction.Reject;
        Assert.Equal(isRejected ? 0 : 1, opened.GetMeasurementSnapshot().Sum(static one => one.Value));
        Assert.Equal(
            isRejected ? 1 : 0,
            rejected.GetMeasurementSnapshot().Where(one => (string?)one.Tags["reason"] == reason).Sum(static one => one.Value));
    }

    private static TcpModel Model(TcpHealthCheckConfig check, params string[] addresses) =>
        TestPlane.Model(null, Policies.None, TestPlane.Cluster(addresses) with { HealthCheck = check });

    private static async Task<string> SpeakAsync(TcpPeer client)
    {
        await client.SendAsync("hello\n");
        return await client.ReadLineAsync();
    }

    /// <summary>Answers ROLE, and everything else with its name.</summary>
    private sealed class RoleServer : IAsyncDisposable
    {
        private readonly RecordingTcpServer _server;
        private readonly TaskCompletionSource<ConnectionEnd> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly string _name;
        private volatile bool _isMaster = true;

        public RoleServer(string name) => (_name, _server) = (name, RecordingTcpServer.Start(ServeAsync));

        public bool IsMaster
        {
            get => _isMaster;
            set => _isMaster = value;
        }

        public string Address => _server.Address;

        /// <summary>How the first client's connection ended.</summary>
        public Task<ConnectionEnd> EndOfClient => _end.Task;

        public ValueTask DisposeAsync() => _server.DisposeAsync();

        private async Task ServeAsync(TcpPeer peer)
        {
            var line = await peer.ReadLineAsync();
            if (line == "ROLE")
            {
                await peer.SendAsync(IsMaster ? "role:master\n" : "role:slave\n");
                return;
            }

            await peer.SendAsync($"{_name}\n");
            try
            {
                while ((line = await peer.ReadLineAsync()).Length > 0)
                {
                    await peer.SendAsync($"{_name}\n");
                }

                _end.TrySetResult(ConnectionEnd.Fin);
            }
            catch (System.Net.Sockets.SocketException)
            {
                _end.TrySetResult(ConnectionEnd.Reset);
            }
        }
    }
}
