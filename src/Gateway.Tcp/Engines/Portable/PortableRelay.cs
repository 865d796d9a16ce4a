using System.Buffers;
using System.Net.Sockets;

namespace Gateway.Tcp.Engines.Portable;

/// <summary>
/// One relay over two managed sockets. Each direction: wait for bytes with a receive of zero bytes (no buffer while idle), rent 64 KiB, read what is
/// there, send it whole, give the buffer back. The end of a stream becomes a half-close of the other side. Whatever ends the relay otherwise
/// resets both sides, so that neither can take a cut stream for a complete one; that also wakes the other direction. A side whose failure is found by sending may have
/// said something before, such as the answer of a server that answers early and closes: the other direction passes it on first.
/// </summary>
/// <remarks>A reset of a side whose bytes wait for the other is noticed when the other takes them, or by a limit: managed sockets tell of it only who reads.</remarks>
internal sealed class PortableRelay(PortableTcpConnection client, PortableTcpConnection backend, RelayOptions options, IFirstBytesGuard? firstBytes, TimeProvider time, Action<Exception>? onFault = null)
{
    // As measured (docs/performance.md): smaller buffers cost bulk throughput, larger ones gain nothing without splice.
    private const int BufferBytes = 64 * 1024;
    private const int Running = -1;

    // A stream that never waits would keep the thread on which its socket is polled (SocketCompletions of the host), and everybody else there waiting, until its end.
    private const int BytesPerTurn = 1024 * 1024;

    // Timers have millisecond steps, and none takes more than 49 days.
    private static readonly TimeSpan ShortestCheck = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongestCheck = TimeSpan.FromDays(1);

    // A dead socket's queue does not grow, so passing it on takes long only if the other side does not read.
    private static readonly TimeSpan LastBytes = TimeSpan.FromSeconds(1);

    private readonly long _start = time.GetTimestamp();
    private long _lastActivity = time.GetTimestamp();
    private long _toBackend;
    private long _toClient;
    private int _end = Running;
    private int _firstFin = Running;
    private SocketError _error;
    private ITimer? _limits;

    /// <summary>From any thread.</summary>
    public RelayedBytes Relayed => new(Volatile.Read(ref _toBackend), Volatile.Read(ref _toClient));

    public async ValueTask<RelayResult> RunAsync()
    {
        _limits = time.CreateTimer(static state => ((PortableRelay)state!).CheckLimits(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _limits.Change(NextCheck(), Timeout.InfiniteTimeSpan);
        await Task.WhenAll(PumpAsync(client, backend, fromClient: true), PumpAsync(backend, client, fromClient: false));
        await _limits.DisposeAsync();
        var end = Volatile.Read(ref _end);
        if (end == Running)
        {
            end = Volatile.Read(ref _firstFin);
            client.Close();
            backend.Close();
        }
        else
        {
            ResetBoth();
        }

        return new RelayResult((RelayEnd)end, _toBackend, _toClient, _error);
    }

    private async Task PumpAsync(PortableTcpConnection from, PortableTcpConnection to, bool fromClient)
    {
        var guard = fromClient ? firstBytes : null;
        var reading = true;
        try
        {
            while (true)
            {
                reading = true;
                await from.Socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None);
                var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
                var moved = 0;
                try
                {
                    while (true)
                    {
                        if (moved >= BytesPerTurn)
                        {
                            moved = 0;
                            await Task.Yield();
                        }

                        var received = from.Socket.Receive(buffer.AsSpan(0, BufferBytes), SocketFlags.None, out var error);
                        if (error == SocketError.WouldBlock)
                        {
                            break;
                        }

                        if (error != SocketError.Success)
                        {
                            Fail(from, fromClient ? RelayEnd.ClientReset : RelayEnd.BackendReset, error);
                            return;
                        }

                        if (received == 0)
                        {
                            if (Volatile.Read(ref _end) != Running)
                            {
                                // The end of a failed socket's queue is no FIN.
                                return;
                            }

                            Interlocked.CompareExchange(ref _firstFin, (int)(fromClient ? RelayEnd.ClientFin : RelayEnd.BackendFin), Running);
                            reading = false;
                            to.Socket.Shutdown(SocketShutdown.Send);
                            return;
                        }

                        if (guard is not null)
                        {
                            var verdict = guard.Inspect(buffer.AsSpan(0, received));
                            if (verdict == GuardVerdict.Refuse)
                            {
                                End(RelayEnd.Refused, SocketError.Success);
                                return;
                            }

                            guard = verdict == GuardVerdict.Pass ? null : guard;
                        }

                        moved += received;
                        reading = false;
                        await SendAsync(to.Socket, buffer.AsMemory(0, received), fromClient);
                        reading = true;
                    }
                }
                finally
                {
                    ArrayPool<byte>.Shared.Return(buffer);
                }
            }
        }
        catch (SocketException error)
        {
            var clientFailed = reading == fromClient;
            Fail(clientFailed ? client : backend, clientFailed ? RelayEnd.ClientReset : RelayEnd.BackendReset, error.SocketErrorCode, mayHaveSpoken: !reading);
        }
        catch (ObjectDisposedException)
        {
            var clientFailed = reading == fromClient;
            Fail(clientFailed ? client : backend, RelayEnd.Error, SocketError.OperationAborted);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            // A guard that throws.
            onFault?.Invoke(fault);
            End(RelayEnd.Error, SocketError.Success);
        }
    }

    private async ValueTask SendAsync(Socket to, ReadOnlyMemory<byte> data, bool fromClient)
    {
        while (!data.IsEmpty)
        {
            var sent = to.Send(data.Span, SocketFlags.None, out var error);
            if (error == SocketError.WouldBlock)
            {
                sent = await to.SendAsync(data, SocketFlags.None);
            }
            else if (error != SocketError.Success)
            {
                throw new SocketException((int)error);
            }

            data = data[sent..];
            Volatile.Write(ref _lastActivity, time.GetTimestamp());
            // Each direction has its own counter and only one writer.
            if (fromClient)
            {
                _toBackend += sent;
            }
            else
            {
                _toClient += sent;
            }
        }
    }

    // An abort closes the socket under the operation: what the operation then reports is not what ended the relay.
    private void Fail(PortableTcpConnection failed, RelayEnd end, SocketError error, bool mayHaveSpoken = false)
    {
        var reason = failed.AbortReason ?? client.AbortReason ?? backend.AbortReason;
        End(reason ?? end, reason is null ? error : SocketError.OperationAborted, mayHaveSpoken && reason is null);
    }

    private void End(RelayEnd end, SocketError error, bool mayHaveSpoken = false)
    {
        if (Interlocked.CompareExchange(ref _end, (int)end, Running) == Running)
        {
            _error = error;
            if (mayHaveSpoken)
            {
                _limits!.Change(LastBytes, Timeout.InfiniteTimeSpan);
                return;
            }
        }

        ResetBoth();
    }

    private void ResetBoth()
    {
        client.Reset();
        backend.Reset();
    }

    private void CheckLimits()
    {
        if (Volatile.Read(ref _end) != Running)
        {
            ResetBoth();
            return;
        }

        if (options.MaxDuration is { } most && time.GetElapsedTime(_start) >= most)
        {
            End(RelayEnd.MaxDuration, SocketError.Success);
        }
        else if (time.GetElapsedTime(Volatile.Read(ref _lastActivity)) >= options.IdleTimeout)
        {
            End(RelayEnd.IdleTimeout, SocketError.Success);
        }
        else
        {
            _limits?.Change(NextCheck(), Timeout.InfiniteTimeSpan);
            if (Volatile.Read(ref _end) != Running)
            {
                // It ended meanwhile, and the time that it has left was overwritten just now.
                _limits?.Change(LastBytes, Timeout.InfiniteTimeSpan);
            }
        }
    }

    // One timer that looks when it could be due, instead of one that is moved by every byte.
    private TimeSpan NextCheck()
    {
        var next = options.IdleTimeout - time.GetElapsedTime(Volatile.Read(ref _lastActivity));
        if (options.MaxDuration is { } most)
        {
            var left = most - time.GetElapsedTime(_start);
            next = left < next ? left : next;
        }

        return next < ShortestCheck ? ShortestCheck : next > LongestCheck ? LongestCheck : next;
    }
}
