using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Gateway.Http.Backends;

/// <summary>
/// A destination's connection as the HTTP client reads it. After <see cref="ReadsPerTurn"/> reads in a row that did not have to wait, the
/// reader continues on the thread pool. Otherwise a response that arrives as fast as it is passed on would stay until its end on the
/// polling thread on which it began, and the other connections of this thread would wait.
/// </summary>
internal class TurnTakingStream(Socket socket) : NetworkStream(socket, ownsSocket: true)
{
    /// <summary>A read of a large body returns up to 64 KiB, which are passed on at once: 16 reads take about a millisecond.</summary>
    internal const int ReadsPerTurn = 16;

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
        if (++_reads < ReadsPerTurn)
        {
            return read;
        }
        _reads = 0;
        return EndTurnAsync(read.Result);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<int> EndTurnAsync(int count)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        return count;
    }
}
