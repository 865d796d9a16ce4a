namespace Gateway.Linux;

/// <summary>A pipe that pages pass through on their way from one socket to another.</summary>
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

    /// <summary>Bytes that it holds at most; fewer when they come in small pieces, since each takes a page's place.</summary>
    internal int CapacityBytes { get; private set; }

    /// <summary>
    /// A pipe of at least <paramref name="minimumBytes"/>, at best <paramref name="wantedBytes"/>; or null and the errno. A user without
    /// CAP_SYS_RESOURCE who holds more than pipe-user-pages-soft (64 MiB) gets EPERM for large pipes, and one-page pipes for new ones.
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
