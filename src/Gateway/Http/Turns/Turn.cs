using System.Runtime.CompilerServices;

namespace Gateway.Http.Turns;

/// <summary>How long one connection may keep a polling thread, counted in reads; and the end of it.</summary>
internal static class Turn
{
    /// <summary>
    /// A small request takes two or three reads; a read of a large body is passed on at once and is 4 KiB to 64 KiB. With 16 reads a turn ends within about a millisecond, and the hop to the
    /// thread pool costs a small request a tenth of what it would cost with every read.
    /// </summary>
    public const int Reads = 16;

    /// <summary>What the read gives; whoever waits for it goes on on the thread pool.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<T> EndAsync<T>(ValueTask<T> read)
    {
        // The read first: it may have to wait, and then continues on a polling thread.
        var result = await read.ConfigureAwait(false);
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        return result;
    }
}
