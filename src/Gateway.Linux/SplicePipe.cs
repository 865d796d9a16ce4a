namespace Gateway.Linux;

/// <summary>A pipe through which pages pass from one socket to another.</summary>
internal sealed class SplicePipe : IDisposable
{
    private readonly FileDescriptor _read;
    private readonly FileDescriptor _write;

    private SplicePipe(int readEnd, int writeEnd)
    {
        _read = new FileDescriptor(readEnd);
        _write = new FileDescriptor(writeEnd);
        ReadEnd = _read.Hold();
        WriteEnd = _write.Hold();
    }

    internal int ReadEnd { get; }

    internal int WriteEnd { get; }

    /// <summary>The most bytes in the pipe. Small pieces reduce it, because each piece occupies a whole page.</summary>
    internal int CapacityBytes { get; private set; }

    /// <summary>
    /// Makes a pipe of at least <paramref name="minimumBytes"/>, if possible <paramref name="wantedBytes"/>; null and the errno on failure.
    /// If a user without CAP_SYS_RESOURCE holds more than pipe-user-pages-soft (64 MiB), new pipes have one page, and a larger capacity is
    /// refused with EPERM.
    /// </summary>
    internal static SplicePipe? TryCreate(int wantedBytes, int minimumBytes, out int errno)
    {
        var result = Syscalls.Pipe(out var readEnd, out var writeEnd);
        if (result < 0)
        {
            errno = -result;
            return null;
        }

        var pipe = new SplicePipe(readEnd, writeEnd);
        var capacity = Syscalls.SetPipeCapacity(pipe.WriteEnd, wantedBytes);
        if (capacity < 0)
        {
            errno = -capacity;
            capacity = Syscalls.GetPipeCapacity(pipe.WriteEnd);
            if (capacity < minimumBytes)
            {
                pipe.Dispose();
                return null;
            }
        }

        pipe.CapacityBytes = capacity;
        errno = 0;
        return pipe;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_read.IsClosed)
        {
            _read.Release();
            _read.Dispose();
            _write.Release();
            _write.Dispose();
        }
    }
}
