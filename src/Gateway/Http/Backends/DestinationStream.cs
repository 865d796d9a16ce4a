using System.Net.Sockets;
using Gateway.Http.Backends.Exchange;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Engines;

namespace Gateway.Http.Backends;

/// <summary>
/// A connection to an HTTP destination, which holds a place under the descriptor limit from before it is opened until it is closed.
/// </summary>
internal sealed class DestinationStream : TurnTakingStream
{
    private readonly ConnectionKind _kind;
    private ConnectionLimit? _limit;

    private DestinationStream(Socket socket, ConnectionKind kind)
        : base(socket) => _kind = kind;

    /// <summary>Opens one.</summary>
    /// <param name="limit">Where it takes its place.</param>
    /// <param name="kind">As what.</param>
    /// <param name="isOurs">Nobody's request is behind it (a health check): it is never refused.</param>
    /// <param name="connect">Connects.</param>
    /// <exception cref="NoRoomException">There is no place.</exception>
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

            // The place is the stream's only now: one whose constructor fails has a finalizer, too.
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
