using System.Security.Cryptography;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Http;

/// <summary>Uploads of more than a buffer arrive whole, whatever carries the connection.</summary>
public sealed class UploadTests
{
    [Theory]
    [InlineData("Auto", 12_000)]
    [InlineData("Auto", 3_000_000)]
    [InlineData("Sockets", 12_000)]
    [InlineData("Sockets", 3_000_000)]
    public async Task Body_LongerThanABuffer_ArrivesWhole(string transport, int length)
    {
        await using var backend = Peers.HttpBackend.StartHashing();
        var port = FreePorts.Next();
        await using var gateway = await GatewayProcess.StartAsync(
            new ConfigFile().AddHttp("web", port, backend.Address).Set("Listeners:web:Transport", transport));
        var body = RandomNumberGenerator.GetBytes(length);
        using var client = new HttpClient();

        using var answer = await client.PostAsync(new Uri($"http://127.0.0.1:{port}/"), new ByteArrayContent(body));

        Assert.Equal(Convert.ToHexString(SHA256.HashData(body)), await answer.Content.ReadAsStringAsync());
        await gateway.WaitForAccessAsync($"received={length}", "status=200");
    }
}
