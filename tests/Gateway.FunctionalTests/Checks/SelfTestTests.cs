using System.Net;
using System.Text.Json;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Checks;

/// <summary>The checks of a running gateway: in its log, and on the admin listener.</summary>
public sealed class SelfTestTests
{
    [Fact]
    public async Task Start_AndReload_LogWhatIsFound()
    {
        await using var backend = RecordingTcpServer.Start();
        var config = ConfigFile.Tcp(FreePorts.Next(), $"127.0.0.1:{FreePorts.Next()}", new { Mode = "None" }).Set("Checks:AtStart", "All");
        await using var gateway = await GatewayProcess.StartAsync(config);

        await gateway.Process.WaitForLineAsync(line => line.Contains("Self-test, Fail: destination: TcpProxy:Clusters:in:Destinations:in-0:Address", StringComparison.Ordinal), "the failure");
        await gateway.ReloadAsync(config.Copy().Cluster("in", backend.Address));
        await gateway.Process.WaitForLineAsync(line => line.Contains("Self-test: ", StringComparison.Ordinal) && line.Contains(" 0 failures", StringComparison.Ordinal), "the good end");

        Assert.True(backend.Accepted > 0);
    }

    [Fact]
    public async Task Start_ByDefault_LooksAtThisHostAndConnectsToNobody()
    {
        await using var backend = RecordingTcpServer.Start();
        var config = ConfigFile.Tcp(FreePorts.Next(), backend.Address, new { Mode = "ProxyProtocol" }).Set("Limits:MaxConnections", 500_000_000);
        await using var gateway = await GatewayProcess.StartAsync(config);

        await gateway.Process.WaitForLineAsync(line => line.Contains("Self-test, Warn: descriptors: Limits:MaxConnections", StringComparison.Ordinal), "the warning");
        var end = await gateway.Process.WaitForLineAsync(line => line.Contains("Self-test: ", StringComparison.Ordinal), "the end");
        Assert.EndsWith(
            "; destinations were not asked (destination, certificate, return-path, proxy-header, connect-errors: Gateway check, POST /check or Checks:AtStart All)", end,
            StringComparison.Ordinal);
        using var http = new HttpClient { DefaultRequestHeaders = { { "Accept", "application/json" } } };
        using var report = JsonDocument.Parse(await http.GetStringAsync(new Uri($"http://127.0.0.1:{gateway.AdminPort}/check")));
        Assert.Contains("proxy-header", report.RootElement.GetProperty("notAsked").EnumerateArray().Select(name => name.GetString()));
        Assert.Equal(0, backend.Accepted);
    }

    [Fact]
    public async Task Start_WithNobodyToAsk_LeavesNothingOut()
    {
        await using var gateway = await GatewayProcess.StartAsync(new ConfigFile());

        var end = await gateway.Process.WaitForLineAsync(line => line.Contains("Self-test: ", StringComparison.Ordinal), "the end");
        Assert.EndsWith(" failures", end, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_SwitchedOff_ChecksNothing()
    {
        var config = new ConfigFile().Set("Checks:AtStart", "None").Set("Limits:MaxConnections", 500_000_000);
        await using var gateway = await GatewayProcess.StartAsync(config);
        await gateway.ReloadAsync(config.Copy().Set("Limits:MaxConnections", 500_000_001));

        Assert.DoesNotContain(gateway.Process.Lines, line => line.Contains("Self-test", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Admin_Check_IsTextOrJsonAndNotForProbes()
    {
        await using var backend = RecordingTcpServer.Start();
        var probes = FreePorts.Next();
        var config = ConfigFile.Tcp(FreePorts.Next(), backend.Address, new { Mode = "None" }).Set("Probes", new { Address = $"127.0.0.1:{probes}" });
        await using var gateway = await GatewayProcess.StartAsync(config);
        using var client = new HttpClient();
        var admin = new Uri($"http://127.0.0.1:{gateway.AdminPort}/check");

        using var text = await client.GetAsync(admin);
        Assert.Equal((HttpStatusCode.OK, "text/plain"), (text.StatusCode, text.Content.Headers.ContentType!.MediaType));
        Assert.Contains("ok   listener: Listeners:in:Address: ", await text.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        var first = await JsonAsync(client, HttpMethod.Get, admin);
        Assert.Equal(first, await JsonAsync(client, HttpMethod.Get, admin));
        Assert.DoesNotContain(CheckRun.Parse(first), finding => finding.Check == "destination");
        Assert.Equal(0, backend.Accepted);
        Assert.Contains(CheckRun.Parse(await JsonAsync(client, HttpMethod.Post, admin)), finding => finding is { Check: "destination", Severity: "ok" });
        Assert.Contains(CheckRun.Parse(await JsonAsync(client, HttpMethod.Get, admin)), finding => finding is { Check: "destination", Severity: "ok" });
        await backend.DisposeAsync();
        Assert.Contains(CheckRun.Parse(await JsonAsync(client, HttpMethod.Post, admin)), finding => finding is { Check: "destination", Severity: "fail" });

        using var put = await client.PutAsync(admin, null);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, put.StatusCode);
        using var elsewhere = await client.GetAsync(new Uri($"http://127.0.0.1:{probes}/check"));
        Assert.Equal(HttpStatusCode.NotFound, elsewhere.StatusCode);
    }

    private static async Task<string> JsonAsync(HttpClient client, HttpMethod method, Uri uri)
    {
        using var request = new HttpRequestMessage(method, uri) { Headers = { { "Accept", "application/json" }, { "X-Gateway-Request", "1" } } };
        using var response = await client.SendAsync(request);
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
        return await response.Content.ReadAsStringAsync();
    }
}
