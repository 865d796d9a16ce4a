using System.Buffers;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Relaying;

/// <summary>
/// One relay over two sides of any kind, such as TLS (<see cref="StreamSide"/>).
/// Each direction waits for bytes (without a buffer while idle), rents 64 KiB, reads and writes all
/// bytes that are there, and gives the buffer back. The end of a stream becomes a half-close of the other side. Any other end of the relay
/// resets both sides, so that neither side takes a cut stream for a complete stream; the reset also wakes the other direction. If writing
/// to a side fails, that side may have sent bytes before it failed, such as the early answer of a server that then closes. The other
/// direction passes those bytes on first.
/// </summary>
/// <remarks>
/// While a side's bytes wait for the other side, a reset of the first side is noticed only when the other side takes the bytes, or when a
/// limit is reached, because a socket reports a reset only to a reader.
/// </remarks>
internal sealed class StreamRelay(RelaySide client, RelaySide backend, RelayOptions options, IFirstBytesGuard? firstBytes) : IRelay
{
    // Measured (docs/performance.md): smaller buffers reduce bulk throughput, and larger buffers gain nothing without splice.
    private const int BufferBytes = 64 * 1024;
    private const int Running = -1;

    // After so many bytes the direction yields, because a stream that never waits would keep the polling thread of its socket, and all
    // other connections on that thread would wait until the stream's end.
    private const int BytesPerTurn = 1024 * 1024;

    // Timers have a resolution of 1 ms, and no timer can run for more than 49 days.
    private static readonly TimeSpan ShortestCheck = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongestCheck = TimeSpan.FromDays(1);

    // The limit for passing on the last bytes of a failed side. Its receive queue does not grow any more, so this takes long only if the
    // other side does not read.
    private static readonly TimeSpan LastBytes = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time = client.Transport.Time;
    private readonly long _start = client.Transport.Time.GetTimestamp();
    private readonly TimeSpan? _longest = options.ChooseDuration();
    private long _lastActivity = client.Transport.Time.GetTimestamp();
    private readonly Throttle? _limitToBackend = Throttle.Of(options.BytesPerSecondToBackend);
    private readonly Throttle? _limitToClient = Throttle.Of(options.BytesPerSecondToClient);
    private IFirstBytesGuard? _guard = firstBytes;
    private long _toBackend;
    private long _toClient;
    private long _toBackendAt;
    private long _toClientAt;
    private int _end = Running;
    private int _firstFin = Running;
    private bool _hasClientEnded;
    private bool _hasBackendEnded;
    private SocketError _error;
    private ITimer? _limits;
    private int _pausing;

    // In microseconds, for the limits on bytes per second.
    private long Now => _time.GetElapsedTime(_start).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <inheritdoc/>
    public RelayedBytes Relayed => new(Volatile.Read(ref _toBackend), Volatile.Read(ref _toClient));

    /// <inheritdoc/>
    public FirstBytesRelayed FirstBytes => new(Volatile.Read(ref _toBackendAt), Volatile.Read(ref _toClientAt));

    /// <summary>Runs until both directions have ended.</summary>
    public async ValueTask<RelayResult> RunAsync()
    {
        TimerCallback check = static state => ((StreamRelay)state!).CheckLimits();
        _limits = _time.CreateTimer(check, this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
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
            client.Reset();
            backend.Reset();
        }

        return new RelayResult((CloseReason)end, _toBackend, _toClient, _error)
        {
            ByHalfClosedTimeout =
                end == (int)CloseReason.IdleTimeout && options.IsHalfClosedTimeout(Volatile.Read(ref _firstFin) != Running),
        };
    }

    private async Task PumpAsync(RelaySide from, RelaySide to, bool fromClient)
    {
        var throttle = fromClient ? _limitToBackend : _limitToClient;
        try
        {
            SocketError error;
            while ((error = await (throttle is null ? from.AwaitBytesAsync() : AwaitPortionAsync(from, throttle))) == SocketError.Success)
            {
                if (!await CarryAsync(from, to, fromClient, throttle))
                {
                    return;
                }
            }

            Fail(from, error);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            // The sides return errors as values, so the exception comes from a guard.
            from.Transport.Report(fault);
            End(CloseReason.Error, SocketError.Success);
        }
    }

    // Waits for bytes, and then until the limit on bytes per second permits to read them. Nothing is held meanwhile.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<SocketError> AwaitPortionAsync(RelaySide from, Throttle throttle)
    {
        var bytes = from.AwaitBytesAsync();
        if (!bytes.IsCompleted)
        {
            throttle.Idle();
        }

        var error = await bytes;
        while (error == SocketError.Success && Volatile.Read(ref _end) == Running && !throttle.MayRead(Now))
        {
            Interlocked.Increment(ref _pausing);
            var left = (throttle.ResumeAt - Now + 999) / 1000;
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Max(1, left)), _time);
            Interlocked.Decrement(ref _pausing);
            await from.Transport.EnterAsync();
            if (from.Transport.HasReset)
            {
                // What the failed side has sent before is passed on at once, so that the other side learns of the failure.
                throttle.Lift();
            }
        }

        return error;
    }

    /// <summary>
    /// Carries the bytes that are there now, as far as the limit on bytes per second permits. False: the direction has ended.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> CarryAsync(RelaySide from, RelaySide to, bool fromClient, Throttle? throttle)
    {
        var most = Math.Min(BufferBytes, throttle?.Portion ?? BufferBytes);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            for (var moved = 0; ;)
            {
                if (moved >= BytesPerTurn)
                {
                    moved = 0;
                    await from.Transport.YieldAsync();
                }

                if (moved > 0 && throttle?.MayRead(Now) == false)
                {
                    return true;
                }

                var (received, error) = await from.ReadAsync(buffer.AsMemory(0, most));
                if (error == SocketError.WouldBlock)
                {
                    return true;
                }

                if (error != SocketError.Success)
                {
                    Fail(from, error);
                    return false;
                }

                if (received == 0)
                {
                    await EndDirectionAsync(from, to, fromClient);
                    return false;
                }

                if (fromClient && IsRefused(buffer.AsSpan(0, received)))
                {
                    End(CloseReason.UntrustedHeader, SocketError.Success);
                    return false;
                }

                moved += received;
                throttle?.Read(received);
                for (var sent = 0; sent < received;)
                {
                    var (count, failure) = await to.WriteAsync(buffer.AsMemory(sent, received - sent));
                    sent += count;
                    Count(count, fromClient);
                    if (failure != SocketError.Success)
                    {
                        Fail(to, failure, mayHaveSpoken: true);
                        return false;
                    }
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async ValueTask EndDirectionAsync(RelaySide from, RelaySide to, bool fromClient)
    {
        if (Volatile.Read(ref _end) != Running)
        {
            // The relay has already failed: the end of a failed socket's receive queue is not a FIN.
            return;
        }

        var fin = fromClient ? CloseReason.ClientFin : CloseReason.BackendFin;
        var isFirst = Interlocked.CompareExchange(ref _firstFin, (int)fin, Running) == Running;
        Volatile.Write(ref fromClient ? ref _hasClientEnded : ref _hasBackendEnded, true);
        if (isFirst && options.HalfClosedTimeout is not null)
        {
            // The timer is set for the idle timeout, which is later.
            Volatile.Write(ref _lastActivity, _time.GetTimestamp());
            SetTimer();
        }

        var error = from.WasCut ? await to.CutSendAsync() : await to.ShutdownSendAsync();
        // A side that has ended its own stream may be closed by now and may answer our FIN with RST. This is no failure, because all bytes
        // had been sent by then.
        if (error != SocketError.Success && !Volatile.Read(ref fromClient ? ref _hasBackendEnded : ref _hasClientEnded))
        {
            Fail(to, error, mayHaveSpoken: true);
        }
    }

    private bool IsRefused(ReadOnlySpan<byte> bytes)
    {
        if (_guard is null)
        {
            return false;
        }

        var verdict = _guard.Inspect(bytes);
        _guard = verdict == GuardVerdict.Pass ? null : _guard;
        return verdict == GuardVerdict.Refuse;
    }

    private void Count(int sent, bool fromClient)
    {
        var now = _time.GetTimestamp();
        Volatile.Write(ref _lastActivity, now);

        // Each direction has its own counter and only one writer.
        if (fromClient)
        {
            _toBackendAt = _toBackendAt == 0 && sent > 0 ? now : _toBackendAt;
            _toBackend += sent;
        }
        else
        {
            _toClientAt = _toClientAt == 0 && sent > 0 ? now : _toClientAt;
            _toClient += sent;
        }
    }

    // If the connection was aborted, the abort is reported as the end, because an abort closes the socket and the error of the interrupted
    // operation is only a consequence.
    private void Fail(RelaySide failed, SocketError error, bool mayHaveSpoken = false)
    {
        var reason = failed.Transport.AbortReason ?? client.Transport.AbortReason ?? backend.Transport.AbortReason;
        if (reason is not null || error == SocketError.OperationAborted)
        {
            End(reason ?? CloseReason.Error, SocketError.OperationAborted);
        }
        else
        {
            End(ReferenceEquals(failed, client) ? CloseReason.ClientReset : CloseReason.BackendReset, error, mayHaveSpoken);
        }
    }

    private void End(CloseReason end, SocketError error, bool mayHaveSpoken = false)
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

    // Resets only the connections under the layers, because the layers may be reading or writing at this moment. The layers are closed when
    // both directions have ended.
    private void ResetBoth()
    {
        client.Transport.Reset();
        backend.Transport.Reset();
    }

    private void CheckLimits()
    {
        if (Volatile.Read(ref _end) != Running)
        {
            ResetBoth();
            return;
        }

        if (Volatile.Read(ref _pausing) > 0)
        {
            // A relay that waits for its own limit is not idle.
            Volatile.Write(ref _lastActivity, _time.GetTimestamp());
        }

        var isHalfClosed = Volatile.Read(ref _firstFin) != Running;
        if (_longest is { } most && _time.GetElapsedTime(_start) >= most)
        {
            End(CloseReason.MaxDuration, SocketError.Success);
        }
        else if (_time.GetElapsedTime(Volatile.Read(ref _lastActivity)) >= options.LongestSilence(isHalfClosed))
        {
            End(CloseReason.IdleTimeout, SocketError.Success);
        }
        else
        {
            SetTimer();
        }
    }

    private void SetTimer()
    {
        _limits?.Change(NextCheck(), Timeout.InfiniteTimeSpan);
        if (Volatile.Read(ref _end) != Running)
        {
            // The relay has ended meanwhile, and the line above has overwritten the timer for the last bytes.
            _limits?.Change(LastBytes, Timeout.InfiniteTimeSpan);
        }
    }

    // One timer, which checks at the earliest time at which a limit can be reached. This avoids moving a timer at every byte.
    private TimeSpan NextCheck()
    {
        var silence = options.LongestSilence(isHalfClosed: Volatile.Read(ref _firstFin) != Running);
        var next = silence - _time.GetElapsedTime(Volatile.Read(ref _lastActivity));
        if (_longest is { } most)
        {
            var left = most - _time.GetElapsedTime(_start);
            next = left < next ? left : next;
        }

        return next < ShortestCheck ? ShortestCheck : next > LongestCheck ? LongestCheck : next;
    }
}
