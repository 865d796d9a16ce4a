using Gateway.Http.Backends.Exchange;
using Gateway.Tcp.Admission;

namespace Gateway.Http.Backends;

/// <summary>
/// The place of a destination's connection under the descriptor limit, from before the connection is opened until its end.
/// </summary>
internal sealed class DescriptorPlace : IDisposable
{
    private readonly ConnectionKind _kind;
    private ConnectionLimit? _limit;

    private DescriptorPlace(ConnectionLimit limit, ConnectionKind kind) => (_limit, _kind) = (limit, kind);

    /// <summary>Takes a place. May be called on an event loop: what is idle is closed on a thread of the pool.</summary>
    /// <param name="limit">The descriptor limit.</param>
    /// <param name="kind">The kind of connection that the limit counts.</param>
    /// <param name="isOurs">The connection is for a health check, not for a client's request: it is never refused.</param>
    /// <exception cref="NoRoomException">The limit is reached.</exception>
    public static async ValueTask<DescriptorPlace> TakeAsync(ConnectionLimit limit, ConnectionKind kind, bool isOurs)
    {
        if (isOurs)
        {
            limit.Acquire(kind);
        }
        else if (!await limit.TryAcquireAsync(kind))
        {
            throw new NoRoomException(limit.Further);
        }

        return new DescriptorPlace(limit, kind);
    }

    /// <inheritdoc/>
    public void Dispose() => Interlocked.Exchange(ref _limit, null)?.Release(_kind);
}
