using Gateway.FunctionalTests.Http.Battery;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;
using Gateway.Testing.Wire;

namespace Gateway.FunctionalTests.Admin;

/// <summary>Refused clients and dead backends are one Warning for each cause in a minute, however many connections they meet.</summary>
public sealed class OperatorWarningTests
{
    private const int Many = 20;

    [Fact]
    public async Task Log_ManyRefusedClientsAndADeadBackend_HasOneWarningForEachCause()
    {
        var (policed, dead, http) = (FreePorts.Next(), FreePorts.Next(), FreePorts.Next());
        var nobody = $"127.0.0.1:{FreePorts.Next()}";
        await using var gateway = await GatewayProcess.StartAsync(new ConfigFile()
            .AddTcp("policed", policed, nobody, new { Mode = "None" }, new { TrustedProxies = new[] { "192.0.2.0/24" } })
            .AddTcp("dead", dead, nobody, new { Mode = "None" })
            .AddHttp("web", http, nobody));
        var before = gateway.Complaints().Count;
        using var client = new HttpClient();
        for (var i = 0; i < Many; i++)
        {
            foreach (var port in new[] { policed, dead })
            {
                await TcpPeer.ConnectToTheEndAsync(port);
            }

            using var answer = await client.GetAsync(new Uri($"http://127.0.0.1:{http}/"));
            Assert.Equal(System.Net.HttpStatusCode.BadGateway, answer.StatusCode);
        }

        await gateway.WaitForMetricAsync("gateway_tcp_connection_rejected_total", static value => value == Many, ("reason", "proxy_protocol"));
        await gateway.WaitForMetricAsync("gateway_tcp_connection_closed_total", static value => value == Many, ("reason", "backend_connect_failed"));

        var warnings = gateway.Complaints().Skip(before).Where(static line => line.Contains("Gateway.Warnings", StringComparison.Ordinal)).ToList();
        Assert.Equal(3, warnings.Count);
        Assert.Single(warnings, static line => line.Contains("Listener policed refuses clients: reason=proxy_protocol detail=UntrustedPeer, last 127.0.0.1:", StringComparison.Ordinal));
        Assert.Single(warnings, line => line.Contains("Cluster dead cannot be reached: reason=backend_connect_failed", StringComparison.Ordinal) && line.Contains(nobody, StringComparison.Ordinal));
        Assert.Single(warnings, line => line.Contains("Cluster web cannot be reached: reason=backend_connect_failed", StringComparison.Ordinal) && line.Contains(nobody, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Log_HeadersThatGoThroughAsPayload_HasOneWarningAndTheyAreCounted()
    {
        var port = FreePorts.Next();
        await using var echo = RecordingTcpServer.StartEcho();
        await using var gateway = await GatewayProcess.StartAsync(ConfigFile.Tcp(port, echo.Address, new { Mode = "None" }));
        var header = WireHeader.V2("203.0.113.7:40000", "198.51.100.1:5432");
        Assert.Equal(0, (await gateway.MetricsAsync()).Sum("gateway_proxy_protocol_passed_total", ("listener", "in"), ("version", "v2")));
        for (var i = 0; i < 3; i++)
        {
            using var client = await TcpPeer.ConnectAsync(port);
            await client.SendAsync(header);
            Assert.Equal(header, await client.ReadExactlyAsync(header.Length));
        }

        await gateway.WaitForMetricAsync(
            "gateway_proxy_protocol_passed_total", static value => value == 3, ("listener", "in"), ("version", "v2"));
        var line = Assert.Single(gateway.Complaints(), static line => line.Contains("Gateway.Warnings", StringComparison.Ordinal));
        Assert.Contains(
            "Listener in: a PROXY header (V2) of 127.0.0.1 goes to the backend of route in as payload", line, StringComparison.Ordinal);
    }

    /// <summary>A header block that refers to index 0 is an exception in Kestrel, with a Warning and a stack for each connection.</summary>
    [Fact]
    public async Task Log_ManyHeaderBlocksThatKestrelFailsOn_HasOneWarning()
    {
        var (http, marker) = (FreePorts.Next(), FreePorts.Next());
        var nobody = $"127.0.0.1:{FreePorts.Next()}";
        await using var gateway = await GatewayProcess.StartAsync(
            new ConfigFile().AddHttp("web", http, nobody).Set("Listeners:web:HttpVersion", "Http2").AddHttp("marker", marker, nobody));
        for (var i = 0; i < Many; i++)
        {
            using var client = await RawHttp2Client.ConnectAsync(new(System.Net.IPAddress.Loopback, http));
            // Kestrel sends GOAWAY and closes, sometimes the second before the first. It has written its line by then.
            var answer = await EndOfAsync(client.AskAsync([@"@frame 1 5 1 \x80"]));
            Assert.True(answer is "connection 2" or "closed", answer);
        }

        using var last = new HttpClient();
        using var marked = await last.GetAsync(new Uri($"http://127.0.0.1:{marker}/"));
        await gateway.WaitForAccessAsync("listener=marker");
        Assert.Single(gateway.Complaints(), static line => line.Contains("IndexOutOfRangeException", StringComparison.Ordinal));
    }

    private static async Task<string> EndOfAsync(Task<string> asking)
    {
        try
        {
            return await asking;
        }
        catch (EndOfStreamException)
        {
            return "closed";
        }
        catch (System.Net.Sockets.SocketException reset) when (reset.SocketErrorCode == System.Net.Sockets.SocketError.ConnectionReset)
        {
            return "closed";
        }
    }
}
