using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Gateway.Testing.Network;

namespace Gateway.Tests.Tcp.Engines;

/// <summary>The test's own sockets, and what they do; every await ends within <see cref="Limit"/>.</summary>
internal static class TestSockets
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    public static Task<T> Within<T>(this Task<T> task) => task.WaitAsync(Limit);

    public static Task Within(this Task task) => task.WaitAsync(Limit);

    public static Task<T> Within<T>(this ValueTask<T> task) => task.AsTask().WaitAsync(Limit);

    public static Task Within(this ValueTask task) => task.AsTask().WaitAsync(Limit);

    public static Socket New() => new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    public static Socket Listen(int backlog = 512)
    {
        var socket = New();
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen(backlog);
        return socket;
    }

    /// <summary>A loopback port that nothing listens on, and that the kernel gives to nobody.</summary>
    public static IPEndPoint Refusing() => new(IPAddress.Loopback, FreePorts.Next());

    /// <summary>A loopback port that nobody has at the moment, of those that the kernel gives out.</summary>
    public static IPEndPoint Ephemeral()
    {
        using var socket = Listen();
        return (IPEndPoint)socket.LocalEndPoint!;
    }

    /// <summary>Its FIN and all before it are acknowledged (TCP_FIN_WAIT2).</summary>
    public const int FinWait2 = 5;

    /// <summary>The kernel's state of the connection (tcp_info.tcpi_state).</summary>
    public static int TcpState(this Socket socket)
    {
        var info = new byte[8];
        _ = socket.GetRawSocketOption(6, 11, info);
        return info[0];
    }

    public static async Task<byte[]> ReadAsync(this Socket socket, int count)
    {
        var buffer = new byte[count];
        for (var have = 0; have < count;)
        {
            var read = await socket.ReceiveAsync(buffer.AsMemory(have)).Within();
            Assert.True(read > 0, $"the stream ended after {have} of {count} bytes");
            have += read;
        }

        return buffer;
    }

    public static async Task<byte[]> ReadToEndAsync(this Socket socket)
    {
        var all = new MemoryStream();
        var buffer = new byte[64 * 1024];
        int read;
        while ((read = await socket.ReceiveAsync(buffer).Within()) > 0)
        {
            all.Write(buffer, 0, read);
        }

        return all.ToArray();
    }

    /// <summary>Reads until the connection fails, and says how.</summary>
    public static async Task<SocketError> ReadUntilErrorAsync(this Socket socket)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await socket.ReceiveAsync(buffer).Within() > 0)
            {
            }

            return SocketError.Success;
        }
        catch (SocketException exception)
        {
            return exception.SocketErrorCode;
        }
    }

    public static async Task WriteAsync(this Socket socket, ReadOnlyMemory<byte> data)
    {
        while (!data.IsEmpty)
        {
            data = data[await socket.SendAsync(data).Within()..];
        }
    }

    /// <summary>Closes with RST.</summary>
    public static void Reset(this Socket socket)
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();
    }

    public static byte[] RandomBytes(int count, int seed)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>Compares without the printing of megabytes that Assert.Equal would do.</summary>
    public static void AssertSame(byte[] expected, byte[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.Equal(Convert.ToHexString(SHA256.HashData(expected)), Convert.ToHexString(SHA256.HashData(actual)));
    }

    /// <summary>Sends <paramref name="count"/> bytes in pieces of changing size, then FIN; returns their SHA-256.</summary>
    public static async Task<string> SendStreamAsync(this Socket socket, long count, int seed)
    {
        var random = new Random(seed);
        var block = RandomBytes(1 << 20, seed);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        while (count > 0)
        {
            var offset = random.Next(block.Length / 2);
            var piece = block.AsMemory(offset, (int)Math.Min(count, random.Next(1, block.Length / 2)));
            hash.AppendData(piece.Span);
            await socket.WriteAsync(piece);
            count -= piece.Length;
        }

        socket.Shutdown(SocketShutdown.Send);
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    /// <summary>Reads to the end of the stream; returns how much it was and its SHA-256.</summary>
    public static async Task<(long Count, string Hash)> HashStreamAsync(this Socket socket)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[128 * 1024];
        long count = 0;
        int read;
        while ((read = await socket.ReceiveAsync(buffer).Within()) > 0)
        {
            hash.AppendData(buffer, 0, read);
            count += read;
        }

        return (count, Convert.ToHexString(hash.GetHashAndReset()));
    }
}
