using System.Net.Sockets;

namespace Gateway.Http.Turns;

/// <summary>
/// A destination's connection as the HTTP client reads it: after <see cref="Turn.Reads"/> reads in a row that did not have to wait, the reader goes on on the thread pool. A response that comes
/// as fast as it is passed on would otherwise stay on the polling thread on which it began until its end.
/// </summary>
internal class TurnTakingStream(Socket socket) : NetworkStream(socket, ownsSocket: true)
{
    private int _reads;

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = base.ReadAsync(buffer, cancellationToken);
        if (!read.IsCompletedSuccessfully)
        {
            _reads = 0;
            return read;
        }
        if (++_reads < Turn.Reads)
        {
            return read;
        }
        _reads = 0;
        return Turn.EndAsync(read);
    }
}
