using System.Net.Sockets;
using Gateway.Http.Backends.Exchange;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Engines;

namespace Gateway.Http.Backends;

/// <summary>A connection to an HTTP destination, on .NET's sockets.</summary>
internal sealed class DestinationStream : TurnTakingStream
{
    private readonly DescriptorPlace _place;

    private DestinationStream(Socket socket, DescriptorPlace place)
        : base(socket) => _place = place;

    /// <summary>Opens a connection.</summary>
    /// <param name="limit">The descriptor limit.</param>
    /// <param name="kind">The kind of connection that the limit counts.</param>
    /// <param name="isOurs">The connection is for a health check, not for a client's request: it is never refused.</param>
    /// <param name="connect">Connects the socket.</param>
    /// <exception cref="NoRoomException">The limit is reached.</exception>
    public static async ValueTask<Stream> OpenAsync(
        ConnectionLimit limit, ConnectionKind kind, bool isOurs, Func<ValueTask<Socket>> connect)
    {
        var place = await DescriptorPlace.TakeAsync(limit, kind, isOurs);
        Socket? socket = null;
        try
        {
            socket = await connect();
            return isOurs || !DescriptorReserve.Holds(socket)
                ? new DestinationStream(socket, place)
                : throw new NoRoomException(limit.Further);
        }
        catch
        {
            socket?.Dispose();
            place.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        // Null: the constructor of the base has failed, and this is the finalizer.
        _place?.Dispose();
    }
}
