using System.Diagnostics;
using Gateway.Tcp.Configuration;
using Gateway.Testing;
using Gateway.Testing.Network;

namespace Gateway.Tests.Tcp.Pipeline;

/// <summary>Alone, since it looks at the memory of the whole process.</summary>
[Collection(nameof(SilentPeersTests))]
[CollectionDefinition(nameof(SilentPeersTests), DisableParallelization = true)]
public sealed class SilentPeersTests
{
    [Theory]
    [InlineData(TcpEngineKind.Portable)]
    [InlineData(TcpEngineKind.Linux)]
    public async Task Run_ManySilentPeers_CostLittleMemoryAndNoThreads(TcpEngineKind engine)
    {
        // 5,000 are the promise; each is two descriptors in this process, so a small limit asks for fewer.
        var peers = int.TryParse(Environment.GetEnvironmentVariable("GATEWAY_TEST_SILENT_PEERS"), out var asked) ? asked : 1000;
        await using var server = RecordingTcpServer.Start();
        await using var plane = await TestPlane.StartAsync(TestPlane.Model(Policies.Required with { HeaderTimeout = TimeSpan.FromMinutes(5) }, Policies.V2, server.Address), engine);
        var clients = new List<TcpPeer>(peers);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var threads = Process.GetCurrentProcess().Threads.Count;
        try
        {
            for (var index = 0; index < peers; index++)
            {
                clients.Add(await plane.ConnectAsync());
            }

            await Eventually.TrueAsync(() => plane.Plane.ActiveConnections == peers, "all are accepted");
            // With a byte of a header each, so that every one holds a buffer.
            foreach (var client in clients)
            {
                await client.SendAsync("P");
            }

            await Eventually.TrueAsync(() => plane.Plane.ActiveConnections == peers, "none was cut");
            var during = GC.GetTotalMemory(forceFullCollection: true);
            Assert.InRange(Process.GetCurrentProcess().Threads.Count - threads, -100, 50);
            clients.ForEach(static client => client.Dispose());
            clients.Clear();
            await Eventually.TrueAsync(() => plane.Plane.ActiveConnections == 0, "all have ended");
            // What other tests have left (large arrays of the shared pool) may be given back at any time. Before the reading with peers:
            // then the reading after them counts. After it: then the one before them.
            var without = before <= during ? before : GC.GetTotalMemory(forceFullCollection: true);
            // 10 KB each are 50 MB for 5,000; what the clients cost in this process is in it.
            Assert.InRange((during - without) / peers, 0, 10_000);
        }
        finally
        {
            clients.ForEach(static client => client.Dispose());
        }
    }
}
