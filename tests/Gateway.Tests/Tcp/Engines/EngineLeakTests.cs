using System.Net.Sockets;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Engines.Linux;

namespace Gateway.Tests.Tcp.Engines;

/// <summary>Ten thousand connections leave nothing behind. Alone: descriptors and memory are the whole process's.</summary>
[CollectionDefinition(nameof(EngineLeakTests), DisableParallelization = true)]
[Collection(nameof(EngineLeakTests))]
public sealed class EngineLeakTests
{
    private const int Connections = 10_000;
    private const int BatchSize = 200;

    [Fact]
    public async Task Linux_TenThousandConnections_DescriptorsPipesAndMemoryAreBackToBaseline()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("The Linux engine needs Linux.");
        }

        var engine = new LinuxTcpEngine(new LinuxEngineOptions { LoopCount = 2 });
        await AssertNothingIsLeftAsync(engine);
        Assert.Equal(0, engine.PipesInUse);
        Assert.Equal(0, engine.PipeCount);
    }

    private static async Task AssertNothingIsLeftAsync(ITcpEngine engine)
    {
        await using (var bench = EngineBench.Start(engine))
        {
            // The first batches bring the pools and the tables to their working size.
            await RunBatchesAsync(bench, 3);
            var descriptors = OpenDescriptors();
            var memory = GC.GetTotalMemory(forceFullCollection: true);

            await RunBatchesAsync(bench, Connections / BatchSize);

            await Gateway.Testing.Eventually.TrueAsync(() => OpenDescriptors() <= descriptors + 20, "descriptors are back to the baseline");
            var growth = GC.GetTotalMemory(forceFullCollection: true) - memory;
            Assert.True(growth < 4 << 20, $"{growth} bytes more than before {Connections} connections");
        }
    }

    private static async Task RunBatchesAsync(EngineBench bench, int batches)
    {
        for (var batch = 0; batch < batches; batch++)
        {
            // One after another, so that each client's backend is known.
            var pairs = new List<(Socket Client, Socket Backend)>();
            for (var index = 0; index < BatchSize; index++)
            {
                pairs.Add(await bench.ConnectPairAsync());
            }

            await Task.WhenAll(pairs.Select((pair, index) => RunOneAsync(pair.Client, pair.Backend, index)));
            for (var index = 0; index < BatchSize; index++)
            {
                _ = await bench.NextResultAsync();
            }

            bench.ForgetSockets();
        }
    }

    private static async Task RunOneAsync(Socket client, Socket backend, int index)
    {
        await client.WriteAsync("ping"u8.ToArray());
        await backend.ReadAsync(4);

        // A different way to end each time.
        switch (index % 4)
        {
            case 0:
                client.Dispose();
                backend.Dispose();
                break;
            case 1:
                backend.Dispose();
                client.Dispose();
                break;
            case 2:
                client.Reset();
                break;
            default:
                // Enough to be spliced, and cut in the middle.
                await client.SendAsync(new byte[512 * 1024].AsMemory()).Within();
                backend.Reset();
                break;
        }
    }

    private static int OpenDescriptors() => Directory.GetFiles("/proc/self/fd").Length;
}
