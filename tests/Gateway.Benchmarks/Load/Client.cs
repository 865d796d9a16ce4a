using System.Diagnostics;
using System.Net;
using Gateway.Linux;
using Gateway.ProxyProtocol;

namespace Gateway.Benchmarks.Load;

/// <summary>The clients of one slice, in one thread.</summary>
internal sealed class Client(SliceRequest request, Backend backend)
{
    private const int SourceAddress = 16;
    private const EpollEvents Both = EpollEvents.In | EpollEvents.Out;

    private static readonly byte[] SmallMessage = new byte[64];
    private static readonly byte[] Block = new byte[256 * 1024];
    private static readonly byte[] HeaderAndMessage = CreateHeaderAndMessage();

    private static readonly byte[] Upgrade =
    [
        .. "GET /ws HTTP/1.1\r\nHost: bench.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"u8,
        .. "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"u8,
    ];

    private readonly byte[] _message = request.Message ?? SmallMessage;

    private readonly EpollSet _epoll = new(512);
    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly SockAddr _target = SockAddr.From(new IPEndPoint(IPAddress.Loopback, request.Port));
    private readonly LoadSocket?[] _sockets = new LoadSocket?[request.Connections];
    private readonly List<int> _microseconds = new(1 << 16);
    private long _done;
    private long _errors;

    /// <summary>Runs warm-up and measured time, then closes.</summary>
    public SliceResult Run()
    {
        for (var i = 0; i < request.Connections; i++)
        {
            Open(i);
            // A burst of thousands would overflow somebody's accept queue: half of what is open has to be connected before more is opened.
            if (i % 64 == 63)
            {
                Turn(0);
            }
        }

        var total = Stopwatch.StartNew();
        RunFor(request.WarmUpSeconds);
        _microseconds.Clear();
        var (doneBefore, sunkBefore) = (_done, backend.Sunk);
        var measured = Stopwatch.StartNew();
        RunFor(request.Seconds);
        var elapsed = measured.Elapsed.TotalSeconds;
        var units = request.Kind == SliceKind.Bulk ? backend.Sunk - sunkBefore : _done - doneBefore;
        var result = new SliceResult(units, elapsed, units * total.Elapsed.TotalSeconds / elapsed, Percentile(0.5), Percentile(0.99), _errors);
        foreach (var socket in _sockets)
        {
            socket?.Close(reset: true);
        }

        _epoll.Dispose();
        return result;
    }

    /// <summary>Opens connections, has each echo once, and leaves them open until disposed of.</summary>
    public IReadOnlyList<LoadSocket> OpenIdle()
    {
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < request.Connections; i++)
        {
            Open(i);
            while (_done <= i - 32 && clock.Elapsed < TimeSpan.FromSeconds(20))
            {
                Turn(10);
            }
        }

        while (_done < request.Connections && clock.Elapsed < TimeSpan.FromSeconds(20))
        {
            Turn(10);
        }

        if (_done < request.Connections)
        {
            throw new InvalidOperationException($"only {_done} of {request.Connections} connections were answered on port {request.Port}, {_errors} errors");
        }

        return [.. _sockets.OfType<LoadSocket>()];
    }

    private void RunFor(double seconds)
    {
        var until = Stopwatch.GetTimestamp() + (long)(seconds * Stopwatch.Frequency);
        while (Stopwatch.GetTimestamp() < until)
        {
            Turn(20);
        }
    }

    private void Turn(int timeout)
    {
        var count = _epoll.Wait(timeout);
        for (var i = 0; i < count; i++)
        {
            var events = _epoll.GetEvent(i, out var data);
            var index = (int)data;
            if (_sockets[index] is { } socket && !Serve(socket, events))
            {
                socket.Close(reset: false);
                Open(index);
            }
        }
    }

    private void Open(int index)
    {
        var socket = LoadSocket.Connect(_target);
        _sockets[index] = socket;
        socket.Register(_epoll, request.Kind == SliceKind.Bulk ? EpollEvents.Out : Both | EpollEvents.EdgeTriggered, index);
    }

    /// <summary>False: the connection is over and another one is to take its place.</summary>
    private bool Serve(LoadSocket socket, EpollEvents events)
    {
        if ((events & (EpollEvents.Error | EpollEvents.HangUp)) != 0)
        {
            _errors++;
            return false;
        }

        if (request.Kind == SliceKind.Bulk)
        {
            return Syscalls.Send(socket.Fd, Block) is > 0 or -Errno.EAGAIN;
        }

        if (!socket.IsConnected)
        {
            socket.IsConnected = true;
            if (request.WithUpgrade)
            {
                socket.AwaitsUpgrade = true;
                return Syscalls.Send(socket.Fd, Upgrade) == Upgrade.Length;
            }

            socket.Remaining = _message.Length;
            // Latency of an exchange starts here, that of a short connection with its connect.
            socket.SentAt = request.Kind == SliceKind.Short ? socket.SentAt : Stopwatch.GetTimestamp();
            return Syscalls.Send(socket.Fd, request.WithHeader ? Header() : _message) > 0;
        }

        return (events & EpollEvents.In) == 0 || Receive(socket);
    }

    private byte[] Header()
    {
        if (request.ManyClients)
        {
            // The source address stands behind signature, command, family and length: 11.x.x.x.
            Random.Shared.NextBytes(HeaderAndMessage.AsSpan(SourceAddress + 1, 3));
            HeaderAndMessage[SourceAddress] = 11;
        }

        return HeaderAndMessage;
    }

    private bool Receive(LoadSocket socket)
    {
        var count = Syscalls.Receive(socket.Fd, _buffer);
        if (count == -Errno.EAGAIN)
        {
            return true;
        }

        if (count <= 0)
        {
            _errors++;
            return false;
        }

        if (socket.AwaitsUpgrade)
        {
            // On loopback a head comes whole.
            if (!_buffer.AsSpan(0, count).StartsWith("HTTP/1.1 101"u8))
            {
                _errors++;
                return false;
            }

            socket.AwaitsUpgrade = false;
            return SendAgain(socket, Stopwatch.GetTimestamp());
        }

        socket.Remaining -= count;
        if (socket.Remaining > 0)
        {
            return true;
        }

        _done++;
        var now = Stopwatch.GetTimestamp();
        _microseconds.Add((int)((now - socket.SentAt) * 1_000_000 / Stopwatch.Frequency));
        switch (request.Kind)
        {
            case SliceKind.Short:
                return false;
            case SliceKind.Idle:
                return true;
            default:
                return SendAgain(socket, now);
        }
    }

    private bool SendAgain(LoadSocket socket, long now)
    {
        socket.SentAt = now;
        socket.Remaining = _message.Length;
        return Syscalls.Send(socket.Fd, _message) == _message.Length;
    }

    private int Percentile(double share)
    {
        if (_microseconds.Count == 0)
        {
            return 0;
        }

        _microseconds.Sort();
        return _microseconds[Math.Min(_microseconds.Count - 1, (int)(_microseconds.Count * share))];
    }

    private static byte[] CreateHeaderAndMessage()
    {
        var buffer = new byte[256];
        var length = ProxyHeaderWriter.WriteV2(
            buffer,
            ProxyCommand.Proxy,
            ProxyEndPoint.From(IPEndPoint.Parse("203.0.113.7:56324")),
            ProxyEndPoint.From(IPEndPoint.Parse("192.0.2.1:443")),
            [],
            withChecksum: false);
        return [.. buffer.AsSpan(0, length), .. SmallMessage];
    }
}
