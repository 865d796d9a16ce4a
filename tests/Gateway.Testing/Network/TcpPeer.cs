using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gateway.Testing.Network;

/// <summary>How a connection ended, as this end saw it.</summary>
public enum ConnectionEnd
{
    /// <summary>In order.</summary>
    Fin,

    /// <summary>By RST.</summary>
    Reset,
}

/// <summary>One end of a TCP connection in a test: a client's or a backend's. Every operation has a timeout.</summary>
public sealed class TcpPeer : IDisposable
{
    private readonly List<int> _segments = [];
    private byte[] _pending = [];

    /// <summary>Wraps a connected socket.</summary>
    public TcpPeer(Socket socket)
    {
        Socket = socket;
        socket.NoDelay = true;
        Local = Unmapped(socket.LocalEndPoint);
        Remote = Unmapped(socket.RemoteEndPoint);
    }

    /// <summary>The socket itself.</summary>
    public Socket Socket { get; }

    /// <summary>This end.</summary>
    public IPEndPoint Local { get; }

    /// <summary>The other end, as getpeername says it.</summary>
    public IPEndPoint Remote { get; }

    /// <summary>How many bytes each read gave, in order.</summary>
    public IReadOnlyList<int> Segments => _segments;

    /// <summary>Limit of each operation.</summary>
    public TimeSpan Timeout { get; set; } = Eventually.DefaultTimeout;

    /// <summary>Connects, optionally from an address and inside a namespace. A reset that comes this early is <see cref="SocketError.ConnectionReset"/>.</summary>
    public static async Task<TcpPeer> ConnectAsync(IPEndPoint to, IPEndPoint? from = null, NetworkNamespace? inside = null, TimeSpan? timeout = null)
    {
        var socket = inside?.CreateSocket(to.AddressFamily) ?? new Socket(to.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (from is not null)
            {
                socket.Bind(from);
            }

            using var limit = new CancellationTokenSource(timeout ?? Eventually.DefaultTimeout);
            await socket.ConnectAsync(to, limit.Token).ConfigureAwait(false);
            return new TcpPeer(socket);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.NotConnected)
        {
            // connect() succeeded, the reset came before getpeername(): to a test the same as a reset in connect().
            socket.Dispose();
            throw new SocketException((int)SocketError.ConnectionReset);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Connects, waits for the end and says how it came: a reset may come before the connect has returned.</summary>
    public static async Task<ConnectionEnd> ConnectToTheEndAsync(IPEndPoint to, IPEndPoint? from = null, NetworkNamespace? inside = null)
    {
        try
        {
            using var peer = await ConnectAsync(to, from, inside).ConfigureAwait(false);
            return await peer.WaitForEndAsync().ConfigureAwait(false);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            return ConnectionEnd.Reset;
        }
    }

    /// <summary>Connects and waits for the end; gives this end's address, whenever the end comes.</summary>
    public static async Task<IPEndPoint> ConnectFromAsync(IPEndPoint from, IPEndPoint to, NetworkNamespace? inside = null)
    {
        // Bound by itself, because a socket whose connect() has failed tells no address.
        using var socket = inside?.CreateSocket(to.AddressFamily) ?? new Socket(to.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(from);
        var local = (IPEndPoint)socket.LocalEndPoint!;
        using var limit = new CancellationTokenSource(Eventually.DefaultTimeout);
        try
        {
            await socket.ConnectAsync(to, limit.Token).ConfigureAwait(false);
            while (await socket.ReceiveAsync(new byte[64], limit.Token).ConfigureAwait(false) > 0)
            {
            }
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            // As good an end as FIN.
        }

        return local;
    }

    /// <summary>Connects to a port of 127.0.0.1, optionally from another 127.0.0.0/8 address.</summary>
    public static Task<TcpPeer> ConnectAsync(int port, string? from = null) =>
        ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), from is null ? null : new IPEndPoint(IPAddress.Parse(from), 0));

    /// <summary>Connects and waits for the end, which may come before the connect has returned.</summary>
    public static async Task<ConnectionEnd> ConnectToTheEndAsync(int port)
    {
        try
        {
            using var peer = await ConnectAsync(port).ConfigureAwait(false);
            return await peer.WaitForEndAsync().ConfigureAwait(false);
        }
        catch (SocketException)
        {
            return ConnectionEnd.Reset;
        }
    }

    /// <summary>The IP and TCP headers of the SYN (TCP_SAVED_SYN), in hex; once, and only if the server saves them.</summary>
    public string SavedSyn()
    {
        var headers = new byte[256];
        return Convert.ToHexString(headers, 0, Socket.GetRawSocketOption(6, 28, headers));
    }

    /// <summary>Sends at once the ACK that the kernel would send some time later.</summary>
    public void AcknowledgeAll() => Socket.SetRawSocketOption(6, 12, BitConverter.GetBytes(1)); // TCP_QUICKACK

    /// <summary>Sends bytes.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        using var limit = new CancellationTokenSource(Timeout);
        while (bytes.Length > 0)
        {
            bytes = bytes[await Socket.SendAsync(bytes, SocketFlags.None, limit.Token).ConfigureAwait(false)..];
        }
    }

    /// <summary>Sends text, one byte per character.</summary>
    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    /// <summary>Reads what comes next; 0 is the end.</summary>
    public async Task<int> ReadAsync(Memory<byte> buffer)
    {
        if (_pending.Length > 0)
        {
            var n = Math.Min(buffer.Length, _pending.Length);
            _pending.AsMemory(0, n).CopyTo(buffer);
            _pending = _pending[n..];
            return n;
        }

        using var limit = new CancellationTokenSource(Timeout);
        var read = await Socket.ReceiveAsync(buffer, SocketFlags.None, limit.Token).ConfigureAwait(false);
        _segments.Add(read);
        return read;
    }

    /// <summary>Reads exactly this many bytes.</summary>
    /// <exception cref="EndOfStreamException">Fewer came.</exception>
    public async Task<byte[]> ReadExactlyAsync(int count)
    {
        var bytes = new byte[count];
        for (var filled = 0; filled < count;)
        {
            var n = await ReadAsync(bytes.AsMemory(filled)).ConfigureAwait(false);
            filled += n > 0 ? n : throw new EndOfStreamException($"{filled} of {count} bytes: {Encoding.Latin1.GetString(bytes, 0, filled)}");
        }

        return bytes;
    }

    /// <summary>Reads exactly this many bytes as text.</summary>
    public async Task<string> ReadTextAsync(int count) => Encoding.Latin1.GetString(await ReadExactlyAsync(count).ConfigureAwait(false));

    /// <summary>Reads up to and without the next line feed (and carriage return).</summary>
    public async Task<string> ReadLineAsync()
    {
        var line = new List<byte>();
        var one = new byte[1];
        while (await ReadAsync(one).ConfigureAwait(false) == 1 && one[0] != (byte)'\n')
        {
            line.Add(one[0]);
        }

        return Encoding.Latin1.GetString([.. line]).TrimEnd('\r');
    }

    /// <summary>Reads until the other end closes in order.</summary>
    public async Task<byte[]> ReadToEndAsync()
    {
        using var all = new MemoryStream();
        var buffer = new byte[65536];
        for (int n; (n = await ReadAsync(buffer).ConfigureAwait(false)) > 0;)
        {
            all.Write(buffer, 0, n);
        }

        return all.ToArray();
    }

    /// <summary>Waits for the first byte, which the next read gives; 0: the connection ended without one.</summary>
    public async Task<int> WaitForFirstByteAsync()
    {
        try
        {
            var first = new byte[1];
            var count = await ReadAsync(first).ConfigureAwait(false);
            Unread(first.AsSpan(0, count));
            return count;
        }
        catch (SocketException)
        {
            return 0;
        }
    }

    /// <summary>Reads and drops until the connection ends; says how.</summary>
    public async Task<ConnectionEnd> WaitForEndAsync()
    {
        try
        {
            await ReadToEndAsync().ConfigureAwait(false);
            return ConnectionEnd.Fin;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown or SocketError.ConnectionAborted)
        {
            return ConnectionEnd.Reset;
        }
    }

    /// <summary>Puts bytes back: the next read gives them first.</summary>
    public void Unread(ReadOnlySpan<byte> bytes) => _pending = [.. bytes, .. _pending];

    /// <summary>Sends FIN and keeps reading.</summary>
    public void ShutdownSend() => Socket.Shutdown(SocketShutdown.Send);

    /// <summary>Ends with RST.</summary>
    public void Reset()
    {
        Socket.LingerState = new LingerOption(true, 0);
        Socket.Dispose();
    }

    /// <inheritdoc />
    public void Dispose() => Socket.Dispose();

    private static IPEndPoint Unmapped(EndPoint? endPoint)
    {
        var ip = (IPEndPoint)endPoint!;
        return ip.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(ip.Address.MapToIPv4(), ip.Port) : ip;
    }
}
