namespace Gateway.FunctionalTests.Http.Battery;

/// <summary>
/// Odd requests of HTTP/2, what of each reaches the destination, and whether others on the same connection are answered. What ends the
/// connection are requests that RFC 9113 calls malformed, which no proxy passes on.
/// </summary>
public sealed class Http2BatteryTests(BatteryGateway gateway) : IClassFixture<BatteryGateway>
{
    private static readonly IReadOnlyDictionary<string, BatteryCase> Cases = BatteryCase.Read("http2.txt");

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Fact]
    public void Battery_OfHttp2_IsLarge() => Assert.True(Cases.Count >= 70);

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Request_OfTheBattery_ReachesTheDestinationAsWritten(string name)
    {
        var request = Cases[name];
        using var client = await RawHttp2Client.ConnectAsync(gateway.Http2);
        var answer = await client.AskAsync([.. request.Sent.Select(static line => line[1..])]);
        var reached = await gateway.TakeReachedAsync(request.Requests);
        var isAlone = !answer.Contains("connection", StringComparison.Ordinal);
        if (isAlone && await client.AskAsync([":method: GET", ":scheme: http", ":path: /innocent", ":authority: x"]) is { } other)
        {
            Assert.Equal("200", other);
            Assert.Equal(["GET /innocent HTTP/1.1", "Host: (destination)"], await gateway.TakeReachedAsync(1));
        }

        Assert.Equal(request.Answer, isAlone ? answer : $"{answer}, the others too");
        Assert.Equal(request.Reached, reached);
    }
}
