using Gateway.Tcp.Configuration;
using Gateway.Testing;
using Gateway.Testing.Network;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Tcp.Pipeline;

/// <summary>A destination that takes connections and resets them before it answers is left out, unless a client may be the cause.</summary>
public sealed class PipelineResetsTests
{
    private const string Sentence = "connects to destination d0 fail (reset before an answer, 2 in a row";

    [Theory]
    [InlineData(TcpEngineKind.Linux)]
    [InlineData(TcpEngineKind.Portable)]
    public async Task TwoClients_ResetBeforeAnAnswer_LeaveItOut(TcpEngineKind engine)
    {
        await using var broken = RecordingTcpServer.Start(peer => ResetAsync(peer, 5));
        await using var well = RecordingTcpServer.Start(static async peer =>
        {
            await peer.SendAsync("welcome");
            await peer.WaitForEndAsync();
        });
        await using var plane = await StartAsync(engine, broken, well);

        for (var client = 2; client < 22; client++)
        {
            using (var peer = await plane.ConnectAsync($"127.0.0.{client}"))
            {
                await peer.SendAsync("hello");
                await TryReadAsync(peer);
            }

            await Eventually.TrueAsync(() => Access(plane) == client - 1, "it is accounted");
        }

        Assert.Equal((2, 18), (broken.Accepted, well.Accepted));
        Assert.Single(plane.Logs, static log => log.Level == LogLevel.Warning && log.Message.Contains(Sentence, StringComparison.Ordinal));
    }

    [Fact]
    public async Task OneClient_ResetBeforeAnAnswer_LeavesItToTheOthers()
    {
        await using var broken = RecordingTcpServer.Start(static peer => ResetAsync(peer, 5));
        await using var well = RecordingTcpServer.StartEcho();
        await using var plane = await StartAsync(TcpEngineKind.Portable, broken, well);

        for (var i = 0; i < 20; i++)
        {
            using var peer = await plane.ConnectAsync("127.0.0.2");
            await peer.SendAsync("hello");
            await TryReadAsync(peer);
        }

        await Eventually.TrueAsync(() => Access(plane) == 20, "all are accounted");
        Assert.Equal((10, 10), (broken.Accepted, well.Accepted));
    }

    /// <summary>Its other clients are served at this moment, so those that are reset are the cause.</summary>
    [Fact]
    public async Task TwoClients_WhileAnotherGetsAnswers_AreTheCauseThemselves()
    {
        await using var picky = RecordingTcpServer.Start(static async peer =>
        {
            if (await peer.ReadTextAsync(1) == "x")
            {
                peer.Reset();
                return;
            }

            await peer.SendAsync("welcome");
            await peer.WaitForEndAsync();
        });
        await using var plane = await StartAsync(TcpEngineKind.Linux, picky);
        await ResetByAsync("127.0.0.2");
        using var served = await plane.ConnectAsync("127.0.0.3");
        await served.SendAsync("a");
        Assert.Equal("welcome", await served.ReadTextAsync(7));

        await ResetByAsync("127.0.0.4");
        await ResetByAsync("127.0.0.5");

        await Eventually.TrueAsync(() => Access(plane) == 3, "all are accounted");
        Assert.DoesNotContain(plane.Logs, static log => log.Message.Contains("reset before an answer", StringComparison.Ordinal));

        async Task ResetByAsync(string from)
        {
            using var peer = await plane.ConnectAsync(from);
            await peer.SendAsync("x");
            await TryReadAsync(peer);
        }
    }

    private static Task<TestPlane> StartAsync(TcpEngineKind engine, params RecordingTcpServer[] servers) => TestPlane.StartAsync(
        TestPlane.Model(null, Policies.None, TestPlane.Cluster([.. servers.Select(static server => server.Address)])), engine);

    private static int Access(TestPlane plane) => plane.Logs.Count(static log => log.Category == "Gateway.Access");

    private static async Task ResetAsync(TcpPeer peer, int behind)
    {
        await peer.ReadExactlyAsync(behind);
        peer.Reset();
    }

    private static async Task TryReadAsync(TcpPeer peer)
    {
        try
        {
            await peer.ReadAsync(new byte[16]);
        }
        catch (System.Net.Sockets.SocketException)
        {
            // Reset.
        }
    }
}
