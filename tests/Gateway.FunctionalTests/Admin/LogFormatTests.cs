using System.Text.Json;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Admin;

public sealed class LogFormatTests
{
    [Fact]
    public async Task Log_FormatterIsJson_AccessLineIsAnObjectWithFields()
    {
        await using var echo = RecordingTcpServer.StartEcho();
        var port = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(
            ConfigFile.Tcp(port, echo.Address, new { Mode = "None" }).Set("Logging:Console:FormatterName", "json"));
        using (var peer = await TcpPeer.ConnectAsync(port))
        {
            await peer.SendAsync("echo");
            await peer.ReadTextAsync(4);
        }

        var line = await gateway.Process.WaitForLineAsync(l => l.Contains("Gateway.Access", StringComparison.Ordinal), "access line as JSON");

        using var json = JsonDocument.Parse(line);
        Assert.Equal("in", json.RootElement.GetProperty("State").GetProperty("Listener").GetString());
        var time = json.RootElement.GetProperty("Timestamp").GetString()!;
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", time);
        Assert.InRange(DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture), DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddSeconds(5));
    }
}
