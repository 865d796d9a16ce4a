using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Gateway.Tcp.Relaying;

/// <summary>
/// A side of a relay that reads and writes a stream over a connection. Exceptions of the stream become the outcomes of the side.
/// </summary>
/// <param name="stream">The stream. The side disposes of it.</param>
/// <param name="transport">The connection under the stream.</param>
/// <param name="endOfSending">
/// Sends the stream's own end (TLS: close_notify) before the connection's FIN; null: the stream has no end of its own.
/// </param>
/// <param name="gate">
/// Keeps <paramref name="endOfSending"/> from running at the same time as a read; null: the two cannot run at the same time.
/// </param>
internal sealed class StreamSide(Stream stream, RelayTransport transport, Func<Task>? endOfSending = null, ReaderGate? gate = null)
    : RelaySide
{
    // The longest content of a TLS record. Writes are split into parts of this size, and progress is reported after each part, so that the
    // connection of a slow reader does not count as idle.
    private const int BytesPerWrite = 16 * 1024;

    private bool _mayRead;
    private ConnectionStream? _beneath;
    private Exception? _failure;

    /// <summary>Creates a side from a TLS stream after its handshake.</summary>
    /// <param name="tls">The TLS stream over <paramref name="beneath"/>.</param>
    /// <param name="beneath">The stream of the connection.</param>
    /// <param name="transport">The connection.</param>
    public static StreamSide Of(SslStream tls, ConnectionStream beneath, RelayTransport transport)
    {
        var gate = transport.HasOneThread ? null : new ReaderGate();
        beneath.Gate = gate;
        return new StreamSide(tls, transport, tls.ShutdownAsync, gate) { _beneath = beneath };
    }

    /// <inheritdoc/>
    public override RelayTransport Transport => transport;

    /// <inheritdoc/>
    /// <remarks>
    /// A TLS stream does not read further after close_notify. So if the FIN of the connection was read, no close_notify came before the
    /// FIN.
    /// </remarks>
    public override bool WasCut => _beneath?.HasEnded == true;

    /// <inheritdoc/>
    public override Exception? LayerFailure => _failure;

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<SocketError> AwaitBytesAsync()
    {
        try
        {
            _ = await ReadStreamAsync(Memory<byte>.Empty);
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
    /// A stream does not tell whether another read would have to wait. So each wait permits exactly one read. If more bytes are there, the
    /// next wait returns at once.
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
            return new IoResult(await ReadStreamAsync(buffer), SocketError.Success);
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
                await EndSendingAsync(endOfSending);
            }

            return await transport.ShutdownSendAsync();
        }
        catch (Exception failed) when (failed is not OutOfMemoryException)
        {
            return ErrorOf(failed);
        }
    }

    /// <inheritdoc/>
    public override ValueTask<SocketError> CutSendAsync() => transport.ShutdownSendAsync();

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

    private ValueTask<int> ReadStreamAsync(Memory<byte> buffer) =>
        gate is null ? stream.ReadAsync(buffer) : ReadGatedAsync(gate, buffer);

    private async ValueTask<int> ReadGatedAsync(ReaderGate closed, Memory<byte> buffer)
    {
        await closed.CloseAsync();
        try
        {
            return await stream.ReadAsync(buffer);
        }
        finally
        {
            closed.Open();
        }
    }

    private async Task EndSendingAsync(Func<Task> end)
    {
        if (gate is null)
        {
            await end();
            return;
        }

        await gate.CloseAsync();
        try
        {
            await end();
        }
        finally
        {
            gate.Open();
        }
    }

    // An error that the layer itself found (a TLS record that cannot be read) has no socket error.
    private SocketError ErrorOf(Exception failed)
    {
        switch (failed)
        {
            case SocketException socket:
                return socket.SocketErrorCode;
            case { InnerException: SocketException socket }:
                return socket.SocketErrorCode;
            case ObjectDisposedException:
                return SocketError.OperationAborted;
            default:
                _failure ??= failed;
                return SocketError.SocketError;
        }
    }
}
