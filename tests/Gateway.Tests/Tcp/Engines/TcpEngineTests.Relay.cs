using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Gateway.Tcp.Relaying;
using Gateway.Tcp.Telemetry;
using Gateway.Testing;

namespace Gateway.Tests.Tcp.Engines;

public abstract partial class TcpEngineTests
{
    /// <summary>Each way; GATEWAY_TEST_RELAY_BYTES=1073741824 for a long run.</summary>
    private static long IntegrityBytes =>
        long.TryParse(Environment.GetEnvironmentVariable("GATEWAY_TEST_RELAY_BYTES"), CultureInfo.InvariantCulture, out var bytes) ? bytes : 24L << 20;

    [Fact]
    public async Task Relay_StreamsBothWaysAtOnce_EveryByteArrives()
    {
        await using var bench = Bench();
        var (client, backend) = await bench.ConnectPairAsync();

        var received = Task.WhenAll(client.HashStreamAsync(), backend.HashStreamAsync());
        var sent = await Task.WhenAll(backend.SendStreamAsync(IntegrityBytes, seed: 1), client.SendStreamAsync(IntegrityBytes, seed: 2));
        var arrived = await received;

        Assert.Equal([(IntegrityBytes, sent[0]), (IntegrityBytes, sent[1])], arrived);
        var result = await bench.NextResultAsync();
        Assert.Contains(result.End, new[] { CloseReason.ClientFin, CloseReason.BackendFin });
        Assert.Equal((IntegrityBytes, IntegrityBytes, SocketError.Success), (result.ClientToBackendBytes, result.BackendToClientBytes, result.Error));
    }

    [Fact]
    public async Task Relay_ManyConnectionsAtOnce_EachGetsItsOwnBytes()
    {
        const int Connections = 40;
        const int Bytes = 300_000;
        await using var bench = Bench();

        await Task.WhenAll(Enumerable.Range(0, Connections).Select(async seed =>
        {
            var client = await bench.ConnectAsync();
            var backend = await bench.AcceptAsync();

            // Which backend socket belongs to which client is not known here: each end says what it sent.
            var received = Task.WhenAll(client.HashStreamAsync(), backend.HashStreamAsync());
            await Task.WhenAll(client.SendStreamAsync(Bytes, seed: 7), backend.SendStreamAsync(Bytes, seed: 8));
            var arrived = await received;
            Assert.All(arrived, side => Assert.Equal(Bytes, side.Count));
            Assert.NotEqual(arrived[0].Hash, arrived[1].Hash);
        }));

        for (var index = 0; index < Connections; index++)
        {
            var result = await bench.NextResultAsync();
            Assert.Equal((Bytes, Bytes), (result.ClientToBackendBytes, result.BackendToClientBytes));
        }
    }

    [Fact]
    public async Task Relay_SmallExchanges_AreCountedToTheByte()
    {
        await using var bench = Bench();
        var (client, backend) = await bench.ConnectPairAsync();
        var message = TestSockets.RandomBytes(64, seed: 3);

        for (var turn = 0; turn < 300; turn++)
        {
            await client.WriteAsync(message);
            Assert.Equal(message, await backend.ReadAsync(message.Length));
            await backend.WriteAsync(message.AsMemory(0, 32));
            Assert.Equal(message[..32], await client.ReadAsync(32));
        }

        client.Shutdown(SocketShutdown.Send);
        Assert.Empty(await backend.ReadToEndAsync());
        backend.Dispose();
        Assert.Equal(new RelayResult(CloseReason.ClientFin, 300 * 64, 300 * 32, SocketError.Success), await bench.NextResultAsync());
    }

    [Fact]
    public async Task Relay_StreamThenSmallThenStream_EveryByteArrivesInOrder()
    {
        await using var bench = Bench();
        var (client, backend) = await bench.ConnectPairAsync();

        for (var turn = 0; turn < 3; turn++)
        {
            var bulk = TestSockets.RandomBytes(8 << 20, seed: turn);
            var reading = backend.ReadAsync(bulk.Length);
            await client.WriteAsync(bulk);
            TestSockets.AssertSame(bulk, await reading);
            for (var small = 0; small < 50; small++)
            {
                var message = Encoding.ASCII.GetBytes($"turn {turn}, message {small};");
                await client.WriteAsync(message);
                Assert.Equal(message, await backend.ReadAsync(message.Length));
                await backend.WriteAsync(message);
                Assert.Equal(message, await client.ReadAsync(message.Length));
            }
        }
    }

    [Fact]
    public async Task Relay_BackendSpeaksFirst_ClientHearsIt()
    {
        await using var bench = Bench();
        var (client, backend) = await bench.ConnectPairAsync();

        await backend.WriteAsync("220 ready"u8.ToArray());

        Assert.Equal("220 ready"u8.ToArray(), await client.ReadAsync(9));
    }

    [Fact]
    public async Task Relay_UrgentByteInTheStream_IsNotLost()
    {
        await using var bench = Bench();
        var (client, backend) = await bench.ConnectPairAsync();

        await client.WriteAsync("before"u8.ToArray());
        client.Send("!"u8.ToArray(), SocketFlags.OutOfBand);
        await client.WriteAsync("after"u8.ToArray());
        client.Shutdown(SocketShutdown.Send);

        Assert.Equal("before!after"u8.ToArray(), await backend.ReadToEndAsync());
    }

    /// <summary>Where a stream is spliced: splice takes an urgent byte for the end.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Relay_UrgentByteAmidALongStream_NothingIsLost(bool endsAtOnce)
    {
        await using var bench = Bench();
        var (client, backend) = await bench.ConnectPairAsync();
        var (before, after) = (TestSockets.RandomBytes(4 << 20, seed: 7), TestSockets.RandomBytes(1 << 20, seed: 8));
        byte[] received = new byte[before.Length + 1 + after.Length];
        var reading = ReadAllAsync(backend, received);

        await client.WriteAsync(before);
        client.Send("!"u8.ToArray(), SocketFlags.OutOfBand);
        await client.WriteAsync(after);
        if (endsAtOnce)
        {
            client.Shutdown(SocketShutdown.Send);
        }

        byte[] expected = [.. before, (byte)'!', .. after];
        await reading.WaitAsync(Eventually.DefaultTimeout);
        Assert.Equal(SHA256.HashData(expected), SHA256.HashData(received));
    }

    private static async Task ReadAllAsync(Socket socket, Memory<byte> buffer)
    {
        while (!buffer.IsEmpty && await socket.ReceiveAsync(buffer) is var count and > 0)
        {
            buffer = buffer[count..];
        }
    }

    [Fact]
    public async Task Relay_DestinationStopsReading_SourceIsHeldBackAndNothingIsLost()
    {
        // What the sockets' buffers of two hops can take at most (tcp_wmem and tcp_rmem of a default kernel), with room to spare.
        const long MostInFlight = 128L << 20;
        await using var bench = Bench();
        var (client, backend) = await bench.ConnectPairAsync();
        var block = TestSockets.RandomBytes(1 << 20, seed: 4);
        long sent = 0;
        Task<int>? heldBack = null;
        while (heldBack is null && sent < MostInFlight)
        {
            var sending = client.SendAsync(block.AsMemory()).AsTask();
            try
            {
                sent += await sending.WaitAsync(TimeSpan.FromSeconds(1));
            }
            catch (TimeoutException)
            {
                heldBack = sending;
            }
        }

        Assert.True(heldBack is not null, $"{sent} bytes were taken in for a destination that reads nothing");
        var reading = backend.HashStreamAsync();
        sent += await heldBack.Within();
        client.Shutdown(SocketShutdown.Send);
        Assert.Equal(sent, (await reading).Count);
    }
}
