namespace Gateway.Linux;

/// <summary>
/// Low numbers of descriptors, kept for libraries that wait by select(2). It takes numbers up to 1,023: at a higher one glibc ends the
/// process, and musl writes past the set. A gateway with many connections has no low number free. Used by one thread at a time.
/// </summary>
internal static class LowNumbers
{
    /// <summary>The first number that select(2) cannot take (FD_SETSIZE).</summary>
    public const int FirstTooHigh = 1024;

    // More than are in use at once: the table of Dnat routes, a check of the host, a probe of a destination, and some that a connection
    // has taken in the moment between two calls.
    private const int Most = 8;

    private static readonly Stack<FileDescriptor> Kept = new(Most);

    /// <summary>Keeps low numbers, as far as there are free ones. To be called before connections take them.</summary>
    public static void Keep()
    {
        while (Kept.Count < Most)
        {
            var number = LibC.eventfd(0, Syscalls.CloseOnExec);
            if (number is < 0 or >= FirstTooHigh)
            {
                _ = number < 0 ? 0 : LibC.close(number);
                return;
            }

            Kept.Push(new FileDescriptor(number));
        }
    }

    /// <summary>Gives a number free, which the next descriptor gets, unless another thread is faster.</summary>
    /// <returns>The number; −1: none is kept.</returns>
    public static int Release()
    {
        if (!Kept.TryPop(out var descriptor))
        {
            return -1;
        }

        using (descriptor)
        {
            var number = descriptor.Hold();
            descriptor.Release();
            return number;
        }
    }
}
