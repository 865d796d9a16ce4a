using System.Net;
using Gateway.Testing.Network;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Tcp;

/// <summary>Times and socket options of TCP connections, in a process.</summary>
public sealed class ConnectionTimesTests
{
    private static readonly object Silent = new { Mode = "None" };

    [Theory]
    [InlineData(Engines.Linux)]
    [InlineData(Engines.Portable)]
    public async Task HalfClosedTimeout_SilentBackend_EndsWithItsDetail(string engine)
    {
        await using var backend = RecordingTcpServer.Start();
        var port = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(ConfigFile.Tcp(port, backend.Address, Silent)
            .Set("TcpProxy:Engine", engine)
            .Set("TcpProxy:Routes:in:HalfClosedTimeout", "300ms"));
        using var client = await TcpPeer.ConnectAsync(port);
        await client.SendAsync("question");
        client.ShutdownSend();
        using var accepted = await backend.NextAsync();

        Assert.Equal(ConnectionEnd.Reset, await client.WaitForEndAsync());
        await gateway.WaitForAccessAsync("listener=in", "reason=idle_timeout", "detail=half_closed");
    }

    /// <summary>As the kernel reports it of both sides: by the SYN that the backend got, and by ss of the client's side.</summary>
    [Theory]
    [InlineData(Engines.Linux, "127.0.0.1")]
    [InlineData(Engines.Linux, "::1")]
    [InlineData(Engines.Portable, "127.0.0.1")]
    [InlineData(Engines.Portable, "::1")]
    public async Task SocketOptions_OfBothSides_AreLive(string engine, string address)
    {
        var at = IPAddress.Parse(address);
        var isV6 = address == "::1";
        await using var backend = RecordingTcpServer.Start(endPoint: new IPEndPoint(at, 0), saveSyn: true);
        var port = FreePorts.Next();
        var config = new ConfigFile().AddTcp("in", port, backend.Address, Silent, address: isV6 ? "[::1]" : address)
            .Set("TcpProxy:Engine", engine)
            .Set("Listeners:in:Socket", new { SendBufferBytes = 50_000, ReceiveBufferBytes = 60_000, Dscp = 46 })
            .Set("TcpProxy:Clusters:in:Socket", new { ReceiveBufferBytes = 30_000, Dscp = 10 });
        await using var gateway = await GatewayProcess.StartAsync(config);

        using var client = await TcpPeer.ConnectAsync(new IPEndPoint(at, port));
        await client.SendAsync("hello");
        using var first = await backend.NextAsync();
        Assert.Equal(10, DscpOf(first.SavedSyn(), isV6));
        string[] ask = [DebianPeer.Require("ss"), "-Htinm", "--tos", "sport", "=", $":{port}"];
        var shown = (await ProcessRunner.RunAsync(ask)).RequireSuccess().StandardOutput;
        Assert.Contains("rb120000,", shown, StringComparison.Ordinal);
        Assert.Contains("tb100000,", shown, StringComparison.Ordinal);
        Assert.Contains(isV6 ? "tclass:0xb8" : "tos:0xb8", shown, StringComparison.Ordinal);

        await gateway.ReloadAsync(config.Set("TcpProxy:Clusters:in:Socket:Dscp", 20));

        using var next = await TcpPeer.ConnectAsync(new IPEndPoint(at, port));
        await next.SendAsync("hello");
        using var second = await backend.NextAsync();
        Assert.Equal(20, DscpOf(second.SavedSyn(), isV6));
        await client.SendAsync(" again");
        Assert.Equal("hello again", await first.ReadTextAsync(11));
    }

    // The headers of the SYN in hex, IP first: the second byte of IPv4, the low half of the first and the high half of the second of IPv6.
    private static int DscpOf(string syn, bool isV6) =>
        Convert.ToInt32(isV6 ? syn[1..3] : syn[2..4], 16) >> 2;
}
