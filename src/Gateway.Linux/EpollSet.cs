using System.Runtime.InteropServices;

namespace Gateway.Linux;

/// <summary>An epoll instance with a buffer for one batch of events. Used by one thread, except <see cref="Add"/>.</summary>
internal sealed unsafe class EpollSet : IDisposable
{
    private const int ControlAdd = 1;
    private const int ControlDelete = 2;
    private const int ControlModify = 3;

    // struct epoll_event is packed on x86 (12 bytes). On other architectures it has padding before the data (16 bytes).
    private static readonly bool IsPacked = RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.X86;
    private static readonly int Stride = IsPacked ? 12 : 16;
    private static readonly int DataOffset = IsPacked ? 4 : 8;

    private readonly FileDescriptor _descriptor;
    private readonly int _fd;
    private readonly int _capacity;
    private byte* _events;

    /// <exception cref="InvalidOperationException">No descriptor is left (EMFILE), or the system is not Linux.</exception>
    internal EpollSet(int capacity)
    {
        var fd = LibC.epoll_create1(Syscalls.CloseOnExec);
        if (fd < 0)
        {
            throw new InvalidOperationException($"epoll_create1 failed: errno {Marshal.GetLastSystemError()}.");
        }

        _descriptor = new FileDescriptor(fd);
        _fd = _descriptor.Hold();
        _capacity = capacity;
        _events = (byte*)NativeMemory.Alloc((nuint)capacity, (nuint)Stride);
    }

    internal int Add(int fd, EpollEvents events, ulong data) => Control(ControlAdd, fd, events, data);

    internal int Modify(int fd, EpollEvents events, ulong data) => Control(ControlModify, fd, events, data);

    internal int Remove(int fd) => Control(ControlDelete, fd, EpollEvents.None, 0);

    /// <summary>Waits for events and returns their number; 0 after the timeout (−1: no limit), or if interrupted.</summary>
    internal int Wait(int timeoutMilliseconds)
    {
        var count = LibC.epoll_wait(_fd, _events, _capacity, timeoutMilliseconds);
        if (count >= 0)
        {
            return count;
        }

        var error = Marshal.GetLastSystemError();
        return error == Errno.EINTR ? 0 : throw new InvalidOperationException($"epoll_wait failed: errno {error}.");
    }

    /// <summary>An event of the last <see cref="Wait"/>.</summary>
    internal EpollEvents GetEvent(int index, out ulong data)
    {
        var entry = _events + (index * Stride);
        data = *(ulong*)(entry + DataOffset);
        return *(EpollEvents*)entry;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_events != null)
        {
            NativeMemory.Free(_events);
            _events = null;
            _descriptor.Release();
            _descriptor.Dispose();
        }
    }

    private int Control(int operation, int fd, EpollEvents events, ulong data)
    {
        var entry = stackalloc byte[16];
        *(EpollEvents*)entry = events;
        *(ulong*)(entry + DataOffset) = data;
        return LibC.epoll_ctl(_fd, operation, fd, entry) >= 0 ? 0 : -Marshal.GetLastSystemError();
    }
}
