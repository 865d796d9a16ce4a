using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Gateway.Tcp.Relaying;

/// <summary>
/// A connection as a stream, for a layer such as <c>SslStream</c>. Supports only asynchronous calls, with one read and one write at a time.
/// An error is thrown as an IOException around the SocketException. Cancelling a call resets the connection, because a layer cannot
/// continue after half a read or write.
/// </summary>
/// <param name="connection">The connection; its owner closes it.</param>
/// <param name="first">Bytes that were already read from the connection, and are returned first.</param>
internal sealed class ConnectionStream(RelayTransport connection, ReadOnlyMemory<byte> first = default) : AsyncStream
{
    private ReadOnlyMemory<byte> _first = first;

    /// <summary>The gate is open while the layer above waits for bytes; null: no gate is needed.</summary>
    public ReaderGate? Gate { get; set; }

    /// <summary>Whether the end of the connection's stream was read.</summary>
    public bool HasEnded { get; private set; }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!_first.IsEmpty)
        {
            var length = Math.Min(_first.Length, buffer.Length);
            _first[..length].CopyTo(buffer);
            _first = _first[length..];
            return length;
        }

        using var cancelled = ResetWhen(cancellationToken);
        while (true)
        {
            if (!buffer.IsEmpty)
            {
                var read = await connection.ReadAsync(buffer);
                if (read.Error != SocketError.WouldBlock)
                {
                    ThrowIfFailed(read.Error, cancellationToken);
                    HasEnded |= read.Bytes == 0;
                    return read.Bytes;
                }
            }

            ThrowIfFailed(await AwaitBytesAsync(), cancellationToken);
            if (buffer.IsEmpty)
            {
                return 0;
            }
        }
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using var cancelled = ResetWhen(cancellationToken);
        while (!buffer.IsEmpty)
        {
            var written = await connection.WriteAsync(buffer);
            ThrowIfFailed(written.Error, cancellationToken);
            buffer = buffer[written.Bytes..];
        }
    }

    private static void ThrowIfFailed(SocketError error, CancellationToken cancellationToken)
    {
        if (error != SocketError.Success)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var inner = new SocketException((int)error);
            throw new IOException(inner.Message, inner);
        }
    }

    private ValueTask<SocketError> AwaitBytesAsync() => Gate is { } gate ? AwaitBytesAsync(gate) : connection.AwaitBytesAsync();

    private async ValueTask<SocketError> AwaitBytesAsync(ReaderGate gate)
    {
        gate.Open();
        var error = await connection.AwaitBytesAsync();
        await gate.CloseAsync();
        return error;
    }

    private CancellationTokenRegistration ResetWhen(CancellationToken cancelled) =>
        cancelled.UnsafeRegister(static connection => ((RelayTransport)connection!).Reset(), connection);
}
