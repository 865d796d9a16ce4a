using System.Diagnostics;
using System.Net.Sockets;
using Gateway.Linux;

namespace Gateway.Tcp.Engines.Linux;

/// <content>Reading and sending outside of a relay: the client's header, the backend's header and the first bytes.</content>
internal sealed partial class LinuxTcpConnection
{
    private ReadOnlyMemory<byte> _unsent;
    private int _sentBytes;

    /// <inheritdoc/>
    public override ValueTask<SocketError> WaitReadableAsync(TimeSpan timeout)
    {
        Debug.Assert(_loop.IsCurrent || _loop.HasEnded, "on the loop's thread");
        if (IsUnusable)
        {
            return new ValueTask<SocketError>(SocketError.OperationAborted);
        }

        if (IsReadable)
        {
            return new ValueTask<SocketError>(SocketError.Success);
        }

        Begin(Operation.WaitReadable);
        ArmTimer(DueAfter(timeout));
        return new ValueTask<SocketError>(this, _source.Version);
    }

    /// <inheritdoc/>
    public override IoResult Receive(Span<byte> buffer)
    {
        if (IsUnusable)
        {
            return new IoResult(0, SocketError.OperationAborted);
        }

        var count = Syscalls.Receive(_fd, buffer);
        if (count < 0)
        {
            if (count == -Errno.EAGAIN)
            {
                ClearReadable();
            }

            return new IoResult(0, Errno.ToSocketError(-count));
        }

        if (count < buffer.Length && ShortReadEmpties)
        {
            ClearReadable();
        }

        return new IoResult(count, SocketError.Success);
    }

    /// <inheritdoc/>
    public override bool MayHaveBytes => IsReadable;

    /// <inheritdoc/>
    public override bool SeesOptions => _loop.Toa is not null;

    /// <inheritdoc/>
    public override int ReadOptions(OptionCarriers carrier, Span<byte> options) => IsUnusable ? 0 : KeptOptions.Read(_fd, carrier, _loop.Toa, options);

    /// <inheritdoc/>
    public override ValueTask<IoResult> SendAllAsync(ReadOnlyMemory<byte> data, TimeSpan timeout)
    {
        Debug.Assert(_loop.IsCurrent || _loop.HasEnded, "on the loop's thread");
        _sentBytes = 0;
        if (IsUnusable)
        {
            return new ValueTask<IoResult>(new IoResult(0, SocketError.OperationAborted));
        }

        var error = SendSome(ref data);
        if (error != SocketError.WouldBlock)
        {
            return new ValueTask<IoResult>(new IoResult(_sentBytes, error));
        }

        _unsent = data;
        Begin(Operation.Send);
        ArmTimer(DueAfter(timeout));
        return new ValueTask<IoResult>(this, _source.Version);
    }

    private bool IsUnusable => _isClosed || _loop.HasEnded || Volatile.Read(ref _abortReason) != 0;

    private void ContinueSend()
    {
        var error = SendSome(ref _unsent);
        if (error != SocketError.WouldBlock)
        {
            _unsent = default;
            Complete(error);
        }
    }

    /// <summary>WouldBlock while some of it is left; it is then taken up again when the socket has room.</summary>
    private SocketError SendSome(ref ReadOnlyMemory<byte> data)
    {
        while (!data.IsEmpty)
        {
            var count = Syscalls.Send(_fd, data.Span);
            if (count < 0)
            {
                if (count == -Errno.EAGAIN)
                {
                    ClearWritable();
                }

                return Errno.ToSocketError(-count);
            }

            _sentBytes += count;
            data = data[count..];
        }

        return SocketError.Success;
    }
}
