namespace Gateway.FunctionalTests.Http;

/// <summary>Responses that a server of .NET would not send as they are.</summary>
public sealed class HttpResponseRulesTests
{
    [Theory]
    [InlineData("204 No Content", "Content-Length: 11", "", 204)]
    [InlineData("204 No Content", "Content-Length: 0", "", 204)]
    [InlineData("304 Not Modified", "Content-Length: 11", "", 304)]
    [InlineData("205 Reset Content", "Content-Length: 0", "", 205)]
    [InlineData("205 Reset Content", "Content-Length: 3", "abc", 205)]
    public async Task Response_WithoutContent_StaysWhatItIs(string status, string length, string body, int expected)
    {
        await using var backend = RecordingHttpBackend.Start(_ => $"HTTP/1.1 {status}\r\n{length}\r\nX-A: b\r\n\r\n{body}");
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(backend.Url));

        var response = await RawClient.AskAsync(gateway["web"], "DELETE /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

        Assert.StartsWith($"HTTP/1.1 {status}\r\n", response, StringComparison.Ordinal);
        Assert.Contains("\r\nX-A: b\r\n", response, StringComparison.Ordinal);
        Assert.Equal(expected == 304, response.Contains("Content-Length: 11", StringComparison.Ordinal));
        Assert.DoesNotContain("abc", response, StringComparison.Ordinal);
        Assert.Contains(
            $"status={expected} sent=0 ",
            await gateway.WaitForAccessLineAsync(line => line.Contains("error=- ", StringComparison.Ordinal)),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task SwitchingProtocols_NobodyAsked_Is502()
    {
        await using var backend = RecordingHttpBackend.Start(_ =>
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\nX-A: b\r\n\r\n");
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(backend.Url));

        var response = await RawClient.GetAsync(gateway["web"], "/");

        Assert.StartsWith("HTTP/1.1 502 ", response, StringComparison.Ordinal);
        Assert.DoesNotContain("Upgrade", response, StringComparison.Ordinal);
        Assert.DoesNotContain("X-A", response, StringComparison.Ordinal);
        Assert.Contains(
            " error=Upgrade ",
            await gateway.WaitForAccessLineAsync(line => line.Contains("status=502", StringComparison.Ordinal)),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("keep-alive, X-Hop, Content-Length")]
    [InlineData("keep-alive\r\nConnection: X-Hop, Content-Length")]
    [InlineData("X-Hop\r\nConnection: close")]
    public async Task Headers_ThatTheDestinationNominates_AreForTheGatewayAlone(string connection)
    {
        await using var backend = RecordingHttpBackend.Start(_ =>
            $"HTTP/1.1 200 OK\r\nConnection: {connection}\r\nX-Hop: 1\r\nX-End: 2\r\nContent-Length: 2\r\n\r\nok");
        await using var gateway = await HttpTestGateway.StartAsync(HttpTestGateway.Config(backend.Url));

        var response = await RawClient.GetAsync(gateway["web"], "/");

        Assert.DoesNotContain("X-Hop", response, StringComparison.Ordinal);
        Assert.Contains("\r\nX-End: 2\r\n", response, StringComparison.Ordinal);
        Assert.Contains("\r\nContent-Length: 2\r\n", response, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\nok", response, StringComparison.Ordinal);
    }
}
