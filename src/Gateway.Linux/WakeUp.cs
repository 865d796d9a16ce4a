using System.Runtime.InteropServices;

namespace Gateway.Linux;

/// <summary>
/// An eventfd with which any thread wakes an epoll thread. It is registered edge-triggered, so it is never read: each write is a new edge,
/// and the 64-bit counter does not overflow in the machine's life.
/// </summary>
internal sealed unsafe class WakeUp : IDisposable
{
    private readonly FileDescriptor _descriptor;

    /// <exception cref="InvalidOperationException">No descriptor is left.</exception>
    internal WakeUp()
    {
        var fd = LibC.eventfd(0, Syscalls.CloseOnExec | Syscalls.NonBlock);
        if (fd < 0)
        {
            throw new InvalidOperationException($"eventfd failed: errno {Marshal.GetLastSystemError()}.");
        }

        _descriptor = new FileDescriptor(fd);
        Number = _descriptor.Hold();
    }

    /// <summary>The number to register, valid until <see cref="Dispose"/>.</summary>
    internal int Number { get; }

    /// <summary>Wakes the thread. From any thread; does nothing after <see cref="Dispose"/>.</summary>
    internal void Signal()
    {
        try
        {
            var fd = _descriptor.Hold();
            ulong one = 1;
            while (LibC.write(fd, &one, sizeof(ulong)) < 0 && Marshal.GetLastSystemError() == Errno.EINTR)
            {
            }

            _descriptor.Release();
        }
        catch (ObjectDisposedException)
        {
            // The thread has ended and needs no waking.
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_descriptor.IsClosed)
        {
            _descriptor.Release();
            _descriptor.Dispose();
        }
    }
}
