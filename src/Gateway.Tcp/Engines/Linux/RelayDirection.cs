using System.Buffers;
using System.Diagnostics;
using System.Net.Sockets;
using Gateway.Linux;
using Gateway.Tcp.Relaying;

namespace Gateway.Tcp.Engines.Linux;

/// <summary>
/// One direction of a relay, and the heart of the engine: <see cref="Pump"/> moves bytes from one socket to the other without waiting.
/// <list type="number">
/// <item>Bytes that an earlier round could not send go first: the rest of a read (<c>_pending</c>) or the bytes in the pipe. While any of
/// these bytes are left, nothing is read: this is the whole backpressure. In user space, a direction holds at most one read (64 KiB) or one
/// pipe (256 KiB).</item>
/// <item>If the source has ended and nothing is left, the end is passed on as FIN. The relay decides between shutdown and close.</item>
/// <item>If the source has nothing to read, or the destination has no room, Pump returns, because an edge will come. Nothing is held
/// meanwhile. If the source's bytes wait and its events bring nothing, they are stopped until the bytes are read
/// (<see cref="LinuxSocket.IgnoreMore"/>).</item>
/// <item>Copy: one recv into the loop's buffer, one send. A recv that returned less than asked has emptied the socket. This saves a second
/// recv that would only return EAGAIN (except after FIN, failure or urgent data, because no further edge would come). Bytes that send did
/// not take are copied aside, and the destination counts as full.</item>
/// <item>After three full buffers in a row the direction streams: splice from socket to pipe to socket moves pages instead of copying
/// bytes. A pipe is rented when bytes come and returned when it is empty, within the same round unless the destination is full. If there is
/// no pipe, the direction copies.</item>
/// <item>After four small splices in a row the direction copies again. The pipe is empty at that point, so the order of bytes is
/// kept.</item>
/// <item>With a limit on bytes per second, a round reads the portions that are due (<see cref="Throttle"/>), and then waits for the time of
/// the next portion. The source stays readable meanwhile; back-pressure does the rest.</item>
/// <item>After <see cref="BytesPerRound"/> other connections run, and this direction goes on in the next round
/// (<see cref="PumpResult.Again"/>).</item>
/// </list>
/// Bytes are counted when the destination's kernel has taken them. One thread, no locks, and no allocation except the copy of step 4.
/// </summary>
internal struct RelayDirection
{
    // A round of 1 MiB takes about a quarter of a millisecond when spliced. This is the longest time that one stream makes other
    // connections wait, at the extra cost of one epoll_wait.
    private const int BytesPerRound = 1024 * 1024;
    private const int FullReadsToStream = 3;
    private const int SmallSplicesToCopy = 4;
    private const int SmallSpliceBytes = 32 * 1024;
    private const long MicrosecondsPerMillisecond = 1000;

    private readonly LinuxSocket _source;
    private readonly LinuxSocket _destination;
    private readonly Throttle? _throttle;
    private byte[]? _pending;
    private SplicePipe? _pipe;
    private IFirstBytesGuard? _guard;
    private int _pendingOffset;

    // The number of bytes held in _pending or in _pipe. Never both hold bytes.
    private int _held;
    private byte _fullReads;
    private byte _smallSplices;
    private bool _isStreaming;
    private bool _canSplice;
    private bool _waits;

    internal RelayDirection(LinuxSocket source, LinuxSocket destination, IFirstBytesGuard? guard, long? bytesPerSecond)
    {
        _throttle = Throttle.Of(bytesPerSecond);
        _source = source;
        _destination = destination;
        _guard = guard;
        _canSplice = true;
    }

    internal readonly LinuxSocket Source => _source;

    internal readonly LinuxSocket Destination => _destination;

    /// <summary>The number of bytes that the destination's kernel has taken.</summary>
    internal long Bytes { get; private set; }

    /// <summary>The source has sent FIN. Bytes before the FIN may still be held.</summary>
    internal bool SourceEnded { get; private set; }

    /// <summary>The source has ended, and all its bytes were sent.</summary>
    internal readonly bool IsDone => SourceEnded && _held == 0;

    /// <summary>The error behind the last <see cref="PumpResult.SourceFailed"/> or <see cref="PumpResult.DestinationFailed"/>.</summary>
    internal SocketError Error { get; private set; }

    /// <summary>When to pump again, although no event comes, because of the limit on bytes per second; otherwise Never.</summary>
    internal readonly long ResumeAt => _throttle is { ResumeAt: not Throttle.Never and var at }
        ? (at + MicrosecondsPerMillisecond - 1) / MicrosecondsPerMillisecond
        : TimerNode.Never;

    /// <summary>Ends the limit on bytes per second.</summary>
    internal readonly void Unlimit() => _throttle?.Lift();

    /// <summary>Moves bytes until it would have to wait, or the round is used up.</summary>
    internal PumpResult Pump()
    {
        _throttle?.Clear();
        if (!_source.IsReadable && _held == 0)
        {
            return PumpResult.Waiting;
        }

        var before = Bytes;
        var result = PumpUntilBlocked();
        if (_pipe is not null && _held == 0)
        {
            ReturnPipe();
        }

        var waits = result == PumpResult.Waiting && _source.IsReadable && !SourceEnded;
        if (waits && _waits && Bytes == before)
        {
            _source.IgnoreMore();
        }

        _waits = waits;
        return result;
    }

    /// <summary>Gives the buffer and the pipe back, and waits for no limit any more. Bytes in them are lost.</summary>
    internal void Release()
    {
        _throttle?.Clear();
        if (_pending is not null)
        {
            ReturnPending();
        }

        if (_pipe is not null)
        {
            ReturnPipe();
        }
    }

    private PumpResult PumpUntilBlocked()
    {
        var limit = Bytes + BytesPerRound;
        while (true)
        {
            if (_held > 0)
            {
                if (!_destination.IsWritable)
                {
                    // The destination was full, and no event has reported room since then.
                    return PumpResult.Waiting;
                }

                var flushed = _pipe is null ? FlushPending() : FlushPipe();
                if (flushed != PumpResult.Progress)
                {
                    return flushed;
                }
            }

            if (SourceEnded || !_source.IsReadable || !_destination.IsWritable)
            {
                return PumpResult.Waiting;
            }

            if (Bytes >= limit)
            {
                return PumpResult.Again;
            }

            if (_throttle?.MayRead(_source.Loop.Now * MicrosecondsPerMillisecond) == false)
            {
                return PumpResult.Waiting;
            }

            var moved = _isStreaming && TryRentPipe() ? Splice() : Copy();
            if (moved != PumpResult.Progress)
            {
                return moved;
            }
        }
    }

    private PumpResult Copy()
    {
        var buffer = _source.Loop.Buffer;
        var count = _source.Receive(_throttle is null ? buffer : buffer.AsSpan(0, Math.Min(buffer.Length, _throttle.Portion)));
        if (count <= 0)
        {
            return OnNothingRead(count);
        }

        _throttle?.Read(count);
        if (!_source.IsReadable)
        {
            _throttle?.Idle();
        }

        if (count < buffer.Length)
        {
            _fullReads = 0;
        }
        else if (++_fullReads >= FullReadsToStream)
        {
            _fullReads = 0;
            _isStreaming = _canSplice && _guard is null;
        }

        ReadOnlySpan<byte> data = buffer.AsSpan(0, count);
        if (_guard is not null && !PassesGuard(data))
        {
            return PumpResult.Refused;
        }

        var sent = _destination.Send(data);
        if (sent < 0)
        {
            if (sent != -Errno.EAGAIN)
            {
                return DestinationFailed(sent);
            }

            sent = 0;
        }

        Bytes += sent;
        if (sent < count)
        {
            Hold(data[sent..]);
        }

        return PumpResult.Progress;
    }

    private PumpResult Splice()
    {
        Debug.Assert(_held == 0, "a pipe is filled when it is empty, so that EAGAIN speaks of the socket");
        var most = _throttle is null ? _pipe!.CapacityBytes : Math.Min(_pipe!.CapacityBytes, _throttle.Portion);
        var count = Syscalls.Splice(_source.Fd, _pipe.WriteEnd, most);
        if (count <= 0)
        {
            if (count is -Errno.EINVAL or -Errno.ENOMEM or -Errno.ENOBUFS)
            {
                // The socket cannot be spliced (for example, with kernel TLS), or there is no memory for splice now. Nothing was moved, and
                // copying works in both cases.
                _isStreaming = false;
                _canSplice = count != -Errno.EINVAL;
                ReturnPipe();
                return PumpResult.Progress;
            }

            if (count == 0 || (count == -Errno.EAGAIN && _source.HasSeenUrgent))
            {
                // At an urgent byte, splice reports the end of the stream or EAGAIN (tcp_read_sock), and only recv gets past this byte. So
                // recv decides what has happened.
                _isStreaming = false;
                _canSplice = !_source.HasSeenUrgent;
                ReturnPipe();
                return PumpResult.Progress;
            }

            return OnNothingRead(count);
        }

        _held = count;
        _throttle?.Read(count);
        if (count >= SmallSpliceBytes)
        {
            _smallSplices = 0;
        }
        else if (++_smallSplices >= SmallSplicesToCopy)
        {
            _smallSplices = 0;
            _isStreaming = false;
        }

        return PumpResult.Progress;
    }

    private PumpResult FlushPipe()
    {
        while (_held > 0)
        {
            var sent = Syscalls.Splice(_pipe!.ReadEnd, _destination.Fd, _held);
            if (sent <= 0)
            {
                return OnNothingSent(sent);
            }

            Bytes += sent;
            _held -= sent;
        }

        if (!_isStreaming)
        {
            ReturnPipe();
        }

        return PumpResult.Progress;
    }

    private PumpResult FlushPending()
    {
        while (_held > 0)
        {
            var sent = _destination.Send(_pending.AsSpan(_pendingOffset, _held));
            if (sent <= 0)
            {
                return OnNothingSent(sent);
            }

            Bytes += sent;
            _held -= sent;
            _pendingOffset += sent;
        }

        ReturnPending();
        return PumpResult.Progress;
    }

    private PumpResult OnNothingRead(int result)
    {
        switch (result)
        {
            case 0:
                SourceEnded = true;
                return PumpResult.Waiting;
            case -Errno.EAGAIN:
                _source.ClearReadable();
                _throttle?.Idle();
                return PumpResult.Waiting;
            default:
                Error = Errno.ToSocketError(-result);
                return PumpResult.SourceFailed;
        }
    }

    private PumpResult OnNothingSent(int result)
    {
        if (result is 0 or -Errno.EAGAIN)
        {
            _destination.ClearWritable();
            return PumpResult.Waiting;
        }

        return DestinationFailed(result);
    }

    private PumpResult DestinationFailed(int result)
    {
        Error = Errno.ToSocketError(-result);
        return PumpResult.DestinationFailed;
    }

    private bool PassesGuard(ReadOnlySpan<byte> data)
    {
        switch (_guard!.Inspect(data))
        {
            case GuardVerdict.Refuse:
                return false;
            case GuardVerdict.Pass:
                _guard = null;
                return true;
            default:
                return true;
        }
    }

    private void Hold(ReadOnlySpan<byte> rest)
    {
        // The shared pool keeps a few buffers per thread and size, and frees them under memory pressure. A stalled connection holds a
        // buffer of the size that it needs.
        _pending = ArrayPool<byte>.Shared.Rent(rest.Length);
        rest.CopyTo(_pending);
        _pendingOffset = 0;
        _held = rest.Length;
    }

    private void ReturnPending()
    {
        ArrayPool<byte>.Shared.Return(_pending!);
        _pending = null;
    }

    private bool TryRentPipe()
    {
        _pipe ??= _source.Loop.Pipes.TryRent(_source.Loop.Now);
        return _pipe is not null;
    }

    private void ReturnPipe()
    {
        _source.Loop.Pipes.Return(_pipe!, isEmpty: _held == 0);
        _pipe = null;
    }
}
