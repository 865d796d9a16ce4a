using System.Net.Sockets;
using Gateway.Testing.Network;

namespace Gateway.FunctionalTests.Http.Battery;

/// <summary>Odd requests of HTTP/1.1, and what of each reaches the destination, byte for byte.</summary>
public sealed class Http1BatteryTests(BatteryGateway gateway) : IClassFixture<BatteryGateway>
{
    private static readonly IReadOnlyDictionary<string, BatteryCase> Cases = BatteryCase.Read("http1.txt");

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Fact]
    public void Battery_OfHttp1_IsLarge() => Assert.True(Cases.Count >= 130);

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Request_OfTheBattery_ReachesTheDestinationAsWritten(string name)
    {
        var request = Cases[name];
        using var client = await TcpPeer.ConnectAsync(gateway.Http1);
        await client.SendAsync(string.Concat(request.Sent.Select(Wire)));
        Assert.Equal(request.Answer, await ReadStatusAsync(client));
        Assert.Equal(request.Reached, await gateway.TakeReachedAsync(request.Requests));
    }

    // "> LINE", ">>BYTES" or ">".
    private static string Wire(string line) => line.StartsWith('>') ? BatteryCase.Unescape(line[1..]) : BatteryCase.Unescape(line.Length > 0 ? line[1..] : "") + "\r\n";

    private static async Task<string> ReadStatusAsync(TcpPeer client)
    {
        try
        {
            return await client.ReadLineAsync() is { Length: >= 12 } line ? line[9..12] : "0";
        }
        catch (SocketException)
        {
            return "0";
        }
    }
}
