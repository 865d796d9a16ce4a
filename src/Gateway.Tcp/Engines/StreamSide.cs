using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Gateway.Tcp.Engines;

/// <summary>
/// A stream over a connection as a side of a relay: <c>new StreamSide(ssl, connection, ssl.ShutdownAsync)</c> for an <c>SslStream</c> over
/// a
/// <see cref="ConnectionStream"/>. What the stream throws becomes the side's outcome.
/// </summary>
/// <param name="stream">The stream; disposed of with the side.</param>
/// <param name="transport">The connection beneath.</param>
/// <param name="endOfSending">What the stream sends before the connection's FIN; null: nothing.</param>
internal sealed class StreamSide(Stream stream, TcpConnection transport, Func<Task>? endOfSending = null) : RelaySide
{
    // The most that a TLS record holds: progress is told of in steps of it, so that a slow reader's connection is not taken for an idle
    // one.
    private const int BytesPerWrite = 16 * 1024;

    private bool _mayRead;

    /// <inheritdoc/>
    public override TcpConnection Transport => transport;

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<SocketError> AwaitBytesAsync()
    {
        try
        {
            _ = await stream.ReadAsync(Memory<byte>.Empty);
            _mayRead = true;
            return SocketError.Success;
        }
        catch (Exception failed) when (failed is not OutOfMemoryException)
        {
            return ErrorOf(failed);
        }
    }

    /// <inheritdoc/>
    /// <remarks>
    /// A stream does not tell whether another read would have to wait. So there is one after each wait, which comes back at once if there
    /// is more.
    /// </remarks>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<IoResult> ReadAsync(Memory<byte> buffer)
    {
        if (!_mayRead)
        {
            return new IoResult(0, SocketError.WouldBlock);
        }

        _mayRead = false;
        try
        {
            return new IoResult(await stream.ReadAsync(buffer), SocketError.Success);
        }
        catch (Exception failed) when (failed is not OutOfMemoryException)
        {
            return new IoResult(0, ErrorOf(failed));
        }
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<IoResult> WriteAsync(ReadOnlyMemory<byte> data)
    {
        var some = data[..Math.Min(data.Length, BytesPerWrite)];
        try
        {
            await stream.WriteAsync(some);
            return new IoResult(some.Length, SocketError.Success);
        }
        catch (Exception failed) when (failed is not OutOfMemoryException)
        {
            return new IoResult(0, ErrorOf(failed));
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<SocketError> ShutdownSendAsync()
    {
        try
        {
            if (endOfSending is not null)
            {
                await endOfSending();
            }

            return await transport.ShutdownSendAsync();
        }
        catch (Exception failed) when (failed is not OutOfMemoryException)
        {
            return ErrorOf(failed);
        }
    }

    /// <inheritdoc/>
    public override void Close()
    {
        transport.Close();
        stream.Dispose();
    }

    /// <inheritdoc/>
    public override void Reset()
    {
        transport.Reset();
        stream.Dispose();
    }

    // What a layer has found wrong itself (a TLS record that cannot be read) has no socket's error.
    private static SocketError ErrorOf(Exception failed) => failed switch
    {
        SocketException socket => socket.SocketErrorCode,
        { InnerException: SocketException socket } => socket.SocketErrorCode,
        ObjectDisposedException => SocketError.OperationAborted,
        _ => SocketError.SocketError,
    };
}
