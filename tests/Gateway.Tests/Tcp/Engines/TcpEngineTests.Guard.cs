using System.Net.Sockets;
using System.Text;
using Gateway.Tcp.Relaying;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tests.Tcp.Engines;

public abstract partial class TcpEngineTests
{
    [Fact]
    public async Task Guard_Passes_SeesTheFirstBytesInOrderAndNoMore()
    {
        var guard = new RecordingGuard(seen => seen.Length >= 6 ? GuardVerdict.Pass : GuardVerdict.More);
        await using var bench = Bench();
        bench.Guard = guard;
        var (client, backend) = await bench.ConnectPairAsync();

        foreach (var letter in "abcdefghij")
        {
            await client.WriteAsync(new[] { (byte)letter });
            Assert.Equal([(byte)letter], await backend.ReadAsync(1));
        }

        // What the backend says is not the guard's business.
        await backend.WriteAsync("answer"u8.ToArray());
        await client.ReadAsync(6);
        Assert.Equal("abcdef", guard.Seen);
    }

    [Fact]
    public async Task Guard_RefusesTheFirstByte_BackendGetsNone()
    {
        await using var bench = Bench();
        bench.Guard = new RecordingGuard(_ => GuardVerdict.Refuse);
        var (client, backend) = await bench.ConnectPairAsync();

        await client.WriteAsync(new byte[] { (byte)'P' });

        Assert.Equal(SocketError.ConnectionReset, await backend.ReadUntilErrorAsync());
        Assert.Equal(SocketError.ConnectionReset, await client.ReadUntilErrorAsync());
        Assert.Equal(new RelayResult(CloseReason.UntrustedHeader, 0, 0, SocketError.Success), await bench.NextResultAsync());
    }

    [Fact]
    public async Task Guard_RefusesAfterSomeSegments_BackendGetsOnlyThese()
    {
        var guard = new RecordingGuard(seen => seen.Length >= 4 ? GuardVerdict.Refuse : GuardVerdict.More);
        await using var bench = Bench();
        bench.Guard = guard;
        var (client, backend) = await bench.ConnectPairAsync();

        foreach (var letter in "PRO")
        {
            await client.WriteAsync(new[] { (byte)letter });
            Assert.Equal([(byte)letter], await backend.ReadAsync(1));
        }

        await client.WriteAsync("XY"u8.ToArray());

        Assert.Equal(SocketError.ConnectionReset, await backend.ReadUntilErrorAsync());
        Assert.Equal(new RelayResult(CloseReason.UntrustedHeader, 3, 0, SocketError.Success), await bench.NextResultAsync());
        Assert.Equal("PROXY", guard.Seen);
    }

    [Fact]
    public async Task Guard_StreamFromTheStart_IsPassedOnWhole()
    {
        var guard = new RecordingGuard(seen => seen.Length > 200_000 ? GuardVerdict.Pass : GuardVerdict.More);
        await using var bench = Bench();
        bench.Guard = guard;
        var (client, backend) = await bench.ConnectPairAsync();

        var reading = backend.HashStreamAsync();
        var hash = await client.SendStreamAsync(4 << 20, seed: 11);

        Assert.Equal((4L << 20, hash), await reading);
    }

    private sealed class RecordingGuard(Func<string, GuardVerdict> judge) : IFirstBytesGuard
    {
        private readonly StringBuilder _seen = new();

        public string Seen => _seen.ToString();

        public GuardVerdict Inspect(ReadOnlySpan<byte> bytes)
        {
            _seen.Append(Encoding.Latin1.GetString(bytes));
            return judge(Seen);
        }
    }
}
