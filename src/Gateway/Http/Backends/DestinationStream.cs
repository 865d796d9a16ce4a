using System.Net.Sockets;
using Gateway.Http.Backends.Exchange;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Engines;

namespace Gateway.Http.Backends;

/// <summary>
/// A connection to an HTTP destination. It counts against the descriptor limit from before it is opened until it is closed.
/// </summary>
internal sealed class DestinationStream : TurnTakingStream
{
    private readonly ConnectionKind _kind;
    private ConnectionLimit? _limit;

    private DestinationStream(Socket socket, ConnectionKind kind)
        : base(socket) => _kind = kind;

    /// <summary>Opens a connection.</summary>
    /// <param name="limit">The descriptor limit.</param>
    /// <param name="kind">The kind of connection that the limit counts.</param>
    /// <param name="isOurs">The connection is for a health check, not for a client's request: it is never refused.</param>
    /// <param name="connect">Connects the socket.</param>
    /// <exception cref="NoRoomException">The limit is reached.</exception>
    public static async ValueTask<Stream> OpenAsync(
        ConnectionLimit limit,
        ConnectionKind kind,
        bool isOurs,
        Func<ValueTask<Socket>> connect)
    {
        if (isOurs)
        {
            limit.Acquire(kind);
        }
        else if (!limit.TryAcquire(kind))
        {
            throw new NoRoomException(limit.Further);
        }

        Socket? socket = null;
        try
        {
            socket = await connect();
            if (!isOurs && DescriptorReserve.Holds(socket))
            {
                throw new NoRoomException(limit.Further);
            }

            // The stream owns the place only from here on, because a stream whose constructor fails still has a finalizer, which would
            // release the place a second time.
            return new DestinationStream(socket, kind) { _limit = limit };
        }
        catch
        {
            socket?.Dispose();
            limit.Release(kind);
            throw;
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        Interlocked.Exchange(ref _limit, null)?.Release(_kind);
    }
}
