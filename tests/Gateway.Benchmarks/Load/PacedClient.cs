using System.Diagnostics;
using System.Net;
using Gateway.Linux;

namespace Gateway.Benchmarks.Load;

/// <summary>
/// HTTP requests at a given rate over connections that stay open, in one thread. Each connection has its own times to send at. A request
/// whose connection still waits for the answer before counts from the time that it was due, so that a stall is seen by all that it delays.
/// </summary>
/// <param name="port">The proxy's port on loopback.</param>
/// <param name="path">What is asked for. All answers of a proxy have the same length.</param>
/// <param name="connections">How many connections take turns.</param>
/// <param name="perSecond">Requests a second, of all connections together.</param>
internal sealed class PacedClient(int port, string path, int connections, int perSecond)
{
    private const double WarmUpSeconds = 0.25;
    private const int Unknown = int.MaxValue;

    private readonly byte[] _request = System.Text.Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: bench.example\r\n\r\n");
    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly EpollSet _epoll = new(512);
    private readonly LoadSocket[] _sockets = new LoadSocket[connections];
    private readonly long[] _due = new long[connections];
    private readonly List<int> _microseconds = new(1 << 16);
    private readonly long _interval = Stopwatch.Frequency * connections / perSecond;
    private int _answerLength = Unknown;

    /// <summary>Runs warm-up and measured time, then closes.</summary>
    /// <param name="seconds">The measured time.</param>
    /// <exception cref="InvalidOperationException">A connection failed: the proxy is to keep them.</exception>
    public SliceResult Run(double seconds)
    {
        try
        {
            var now = Stopwatch.GetTimestamp();
            for (var i = 0; i < connections; i++)
            {
                _sockets[i] = LoadSocket.Connect(SockAddr.From(new IPEndPoint(IPAddress.Loopback, port)));
                _sockets[i].Register(_epoll, EpollEvents.In | EpollEvents.Out | EpollEvents.EdgeTriggered, i);
                _due[i] = now + (_interval * i / connections);
            }

            var total = Stopwatch.StartNew();
            RunFor(WarmUpSeconds);
            _microseconds.Clear();
            var measured = Stopwatch.StartNew();
            RunFor(seconds);
            var elapsed = measured.Elapsed.TotalSeconds;
            var units = _microseconds.Count;
            _microseconds.Sort();
            return new SliceResult(
                units, elapsed, units * total.Elapsed.TotalSeconds / elapsed, _microseconds[units / 2], _microseconds[units * 99 / 100], 0);
        }
        finally
        {
            foreach (var socket in _sockets)
            {
                socket?.Close(reset: true);
            }

            _epoll.Dispose();
        }
    }

    private void RunFor(double seconds)
    {
        var now = Stopwatch.GetTimestamp();
        var until = now + (long)(seconds * Stopwatch.Frequency);
        while (now < until)
        {
            var next = until;
            for (var i = 0; i < connections; i++)
            {
                if (_sockets[i] is { IsConnected: true, Remaining: 0 } free)
                {
                    if (_due[i] <= now)
                    {
                        SendTo(free, i, now);
                    }
                    else
                    {
                        next = Math.Min(next, _due[i]);
                    }
                }
            }

            var count = _epoll.Wait(Math.Max(1, (int)((next - now) * 1000 / Stopwatch.Frequency)));
            for (var i = 0; i < count; i++)
            {
                var events = _epoll.GetEvent(i, out var index);
                Serve(_sockets[(int)index], (int)index, events);
            }

            now = Stopwatch.GetTimestamp();
        }
    }

    private void SendTo(LoadSocket socket, int index, long now)
    {
        // The load program itself may be late; the connection may have been busy. Only the latter is the proxy's.
        socket.SentAt = socket.SentAt > _due[index] ? _due[index] : now;
        _due[index] += _interval;
        socket.Remaining = _answerLength;
        if (Syscalls.Send(socket.Fd, _request) != _request.Length)
        {
            throw new InvalidOperationException($"port {port} does not take a request");
        }
    }

    private void Serve(LoadSocket socket, int index, EpollEvents events)
    {
        if ((events & (EpollEvents.Error | EpollEvents.HangUp)) != 0)
        {
            throw new InvalidOperationException($"port {port} ends connection {index}");
        }

        if (!socket.IsConnected)
        {
            socket.IsConnected = true;
            return;
        }

        if ((events & EpollEvents.In) == 0 || Syscalls.Receive(socket.Fd, _buffer) is var count && count == -Errno.EAGAIN)
        {
            return;
        }

        if (count <= 0)
        {
            throw new InvalidOperationException($"port {port} ends connection {index}");
        }

        if (socket.Remaining == Unknown)
        {
            // On loopback a small answer comes whole: the first one tells the length of all.
            if (!_buffer.AsSpan(0, count).StartsWith("HTTP/1.1 200"u8))
            {
                throw new InvalidOperationException($"port {port} does not answer 200");
            }

            _answerLength = socket.Remaining = count;
        }

        socket.Remaining -= count;
        if (socket.Remaining == 0)
        {
            var now = Stopwatch.GetTimestamp();
            _microseconds.Add((int)((now - socket.SentAt) * 1_000_000 / Stopwatch.Frequency));
            // From here on the connection is free: a request that was due before was the proxy's to delay.
            socket.SentAt = now;
        }
    }
}
