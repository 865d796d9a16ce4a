using System.Globalization;
using System.Net;
using Gateway.Testing;
using Gateway.Testing.Network;
using Gateway.Testing.Processes;
using Gateway.Testing.Wire;

namespace Gateway.FunctionalTests.Tcp;

/// <summary>
/// A lot of data each way at once through each source-IP mode: GATEWAY_TEST_GB gigabytes (the promise is 1), or what all runs can afford on two busy cores, of which the engine that ships gets
/// the most: 256 MB each way on Linux, and 64 MB on the portable one.
/// </summary>
[Collection(HeavyTests.Name)]
public sealed class IntegrityTests
{
    private static long? Asked { get; } = Environment.GetEnvironmentVariable("GATEWAY_TEST_GB") is { Length: > 0 } gigabytes
        ? (long)(double.Parse(gigabytes, CultureInfo.InvariantCulture) * 1_000_000_000)
        : null;

    public static TheoryData<string, string> Modes
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var engine in new[] { Engines.Linux, Engines.Portable })
            {
                foreach (var mode in new[] { "None", "V1", "V2", "Transparent" })
                {
                    data.Add(engine, mode);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Transfer_BothWaysAtOnce_ArrivesWholeAndMemoryStaysFlat(string engine, string mode)
    {
        if (mode == "Transparent")
        {
            Rights.RequireTransparent();
        }

        var bytes = Asked ?? (engine == Engines.Linux ? 256_000_000 : 64_000_000);
        await using var server = RecordingTcpServer.Start();
        var port = FreePorts.Next();
        object sourceIp = mode[0] == 'V' ? new { Mode = "ProxyProtocol", Version = mode } : new { Mode = mode };
        await using var gateway = await GatewayProcess.StartAsync(ConfigFile.Tcp(port, server.Address, sourceIp).Set("TcpProxy:Engine", engine));
        using var client = await TcpPeer.ConnectAsync(port, "127.0.0.5");
        using var backend = await server.NextAsync();
        if (mode[0] == 'V')
        {
            Assert.Equal(client.Local, (await WireHeader.ReadAsync(backend)).Source);
        }

        Assert.Equal(mode == "Transparent" ? IPAddress.Parse("127.0.0.5") : IPAddress.Loopback, backend.Remote.Address);
        await gateway.MetricsAsync();
        var memory = gateway.Process.ResidentBytes();

        var toBackend = ChecksummedData.ReceiveAsync(backend);
        var toClient = ChecksummedData.ReceiveAsync(client);
        var sent = await Task.WhenAll(SendAsync(client, 1, bytes), SendAsync(backend, 2, bytes + 1));

        Assert.Equal((bytes, sent[0]), await toBackend);
        Assert.Equal((bytes + 1, sent[1]), await toClient);
        Assert.InRange((gateway.Process.ResidentBytes() - memory) / (1024.0 * 1024), -100, 40);
        await gateway.WaitForMetricAsync("gateway_tcp_received_bytes_total", v => v == bytes);
        await gateway.WaitForMetricAsync("gateway_tcp_sent_bytes_total", v => v == bytes + 1);
    }

    [Theory]
    [MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Transfer_ReaderStalls_SenderIsHeldAndMemoryStaysFlat(string engine)
    {
        await using var link = await Link.OpenAsync(engine);
        await link.Gateway.MetricsAsync();
        var memory = link.Gateway.Process.ResidentBytes();

        const int total = 200_000_000;
        var sending = SendAsync(link.Client, 5, total);
        await WaitUntilStalledAsync(link.Gateway);
        Assert.False(sending.IsCompleted);
        Assert.InRange((link.Gateway.Process.ResidentBytes() - memory) / (1024.0 * 1024), -100, 30);

        var (length, hash) = await ChecksummedData.ReceiveAsync(link.Backend);
        Assert.Equal((total, await sending), (length, hash));
    }

    private static async Task<string> SendAsync(TcpPeer peer, int seed, long length)
    {
        peer.Timeout = TimeSpan.FromMinutes(2);
        var hash = await ChecksummedData.SendAsync(peer, seed, length);
        peer.ShutdownSend();
        return hash;
    }

    /// <summary>Returns once the gateway has used no CPU for a while: everything is full.</summary>
    private static async Task WaitUntilStalledAsync(GatewayProcess gateway)
    {
        var (last, same) = (-1L, 0);
        await Eventually.TrueAsync(
            () =>
            {
                var io = File.ReadLines($"/proc/{gateway.Process.Id}/stat").First().Split(' ');
                var ticks = long.Parse(io[13], CultureInfo.InvariantCulture) + long.Parse(io[14], CultureInfo.InvariantCulture);
                same = ticks == last ? same + 1 : 0;
                last = ticks;
                return same >= 20;
            },
            "the stalled reader stops the sender");
    }
}
