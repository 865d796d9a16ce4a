using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Gateway.Tcp.Engines;

/// <summary>
/// A stream over a connection as a side of a relay. What the stream throws becomes the side's outcome.
/// </summary>
/// <param name="stream">The stream; disposed of with the side.</param>
/// <param name="transport">The connection beneath.</param>
/// <param name="endOfSending">What the stream sends before the connection's FIN; null: nothing.</param>
/// <param name="gate">Keeps <paramref name="endOfSending"/> from meeting a read; null: they cannot meet.</param>
internal sealed class StreamSide(Stream stream, TcpConnection transport, Func<Task>? endOfSending = null, ReaderGate? gate = null)
    : RelaySide
{
    // The most that a TLS record holds: progress is told of in steps of it, so that a slow reader's connection is not taken for an idle
    // one.
    private const int BytesPerWrite = 16 * 1024;

    private bool _mayRead;
    private ConnectionStream? _beneath;

    /// <summary>TLS as a side, after its handshake.</summary>
    /// <param name="tls">The TLS, over <paramref name="beneath"/>.</param>
    /// <param name="beneath">The stream of the connection.</param>
    /// <param name="transport">The connection.</param>
    public static StreamSide Of(SslStream tls, ConnectionStream beneath, TcpConnection transport)
    {
        var gate = transport.HasOneThread ? null : new ReaderGate();
        beneath.Gate = gate;
        return new StreamSide(tls, transport, tls.ShutdownAsync, gate) { _beneath = beneath };
    }

    /// <inheritdoc/>
    public override TcpConnection Transport => transport;

    /// <inheritdoc/>
    /// <remarks>After close_notify a TLS stream reads no further: whoever reads the FIN beneath it has seen none.</remarks>
    public override bool WasCut => _beneath?.HasEnded == true;

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

    // What a layer has found wrong itself (a TLS record that cannot be read) has no socket's error.
    private static SocketError ErrorOf(Exception failed) => failed switch
    {
        SocketException socket => socket.SocketErrorCode,
        { InnerException: SocketException socket } => socket.SocketErrorCode,
        ObjectDisposedException => SocketError.OperationAborted,
        _ => SocketError.SocketError,
    };
}
