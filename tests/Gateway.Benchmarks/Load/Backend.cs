using System.Net;
using Gateway.Linux;

namespace Gateway.Benchmarks.Load;

/// <summary>The servers behind all proxies, in one thread: far cheaper than any proxy, so that it is never what is measured.</summary>
internal sealed class Backend
{
    private const int BufferBytes = 256 * 1024;

    private static readonly byte[] Switched =
        [.. "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"u8, .. "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"u8];

    private readonly EpollSet _epoll = new(512);
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(BufferBytes, pinned: true);
    private LoadSocket?[] _sockets = new LoadSocket?[1024];
    private long _sunk;

    /// <summary>Bytes that the sink has read.</summary>
    public long Sunk => Volatile.Read(ref _sunk);

    public void Listen(int port, Service service)
    {
        var fd = Syscalls.Socket(SockAddr.InterNetwork);
        Check(fd, "socket");
        _ = Syscalls.SetOption(fd, SocketOption.ReuseAddress, 1);
        Check(Syscalls.Bind(fd, SockAddr.From(new IPEndPoint(IPAddress.Loopback, port))), $"bind {port}");
        Check(Syscalls.Listen(fd, 4096), "listen");
        Add(new LoadSocket(fd) { IsListener = true, Service = service }, EpollEvents.In);
    }

    public void Start() => new Thread(Run) { IsBackground = true, Name = "backend" }.Start();

    private void Add(LoadSocket socket, EpollEvents events)
    {
        if (socket.Fd >= _sockets.Length)
        {
            Array.Resize(ref _sockets, socket.Fd * 2);
        }

        _sockets[socket.Fd] = socket;
        socket.Register(_epoll, events, socket.Fd);
    }

    private void Run()
    {
        while (true)
        {
            var count = _epoll.Wait(-1);
            for (var i = 0; i < count; i++)
            {
                _ = _epoll.GetEvent(i, out var data);
                if (_sockets[(int)data] is not { } socket)
                {
                    continue;
                }

                if (socket.IsListener)
                {
                    Accept(socket);
                }
                else if (!Serve(socket))
                {
                    _sockets[socket.Fd] = null;
                    socket.Close(reset: false);
                }
            }
        }
    }

    private void Accept(LoadSocket listener)
    {
        for (var i = 0; i < 64; i++)
        {
            var fd = Syscalls.Accept(listener.Fd, out _);
            if (fd < 0)
            {
                return;
            }

            _ = Syscalls.SetOption(fd, SocketOption.NoDelay, 1);
            Add(new LoadSocket(fd) { Service = listener.Service }, EpollEvents.In);
        }
    }

    private bool Serve(LoadSocket socket)
    {
        // The sink reads more than once per wake-up; level-triggered epoll tells again.
        for (var turn = 0; turn < 4; turn++)
        {
            var count = Syscalls.Receive(socket.Fd, _buffer);
            if (count == -Errno.EAGAIN)
            {
                return true;
            }

            if (count <= 0)
            {
                return false;
            }

            if (socket.Service == Service.Sink)
            {
                Volatile.Write(ref _sunk, _sunk + count);
                if (count < BufferBytes)
                {
                    return true;
                }

                continue;
            }

            var payload = _buffer.AsSpan(0, count);
            if (socket.Service == Service.EchoAfterHeader && !socket.HeaderSeen)
            {
                payload = SkipHeader(socket, payload);
            }

            if (socket.Service == Service.Upgrade && !socket.HeaderSeen)
            {
                socket.HeaderSeen = true;
                Switched.CopyTo(_buffer);
                payload = _buffer.AsSpan(0, Switched.Length);
            }

            return payload.IsEmpty || Syscalls.Send(socket.Fd, payload) == payload.Length;
        }

        return true;
    }

    /// <summary>Version 2, and the version 1 line that nginx writes. On loopback a header comes whole.</summary>
    private static Span<byte> SkipHeader(LoadSocket socket, Span<byte> data)
    {
        socket.HeaderSeen = true;
        return data[0] == (byte)'P' ? data[(data.IndexOf((byte)'\n') + 1)..] : data[(16 + (data[14] << 8 | data[15]))..];
    }

    private static void Check(int result, string what)
    {
        if (result < 0)
        {
            throw new InvalidOperationException($"{what}: errno {-result}");
        }
    }
}
