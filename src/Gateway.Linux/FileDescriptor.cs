using System.Runtime.InteropServices;

namespace Gateway.Linux;

/// <summary>
/// Owns one descriptor. The number is only to be had together with a reference (<see cref="Hold"/>), so no number can outlive its
/// descriptor: the kernel hands a closed number to the next socket at once, and a late syscall on it would reach a stranger's connection.
/// </summary>
internal class FileDescriptor : SafeHandle
{
    internal FileDescriptor(int number)
        : base(-1, ownsHandle: true) => SetHandle(number);

    /// <inheritdoc/>
    public override bool IsInvalid => handle < 0;

    /// <summary>
    /// Takes one reference and returns the number, valid until <see cref="Release"/>. On the hot path: once per registration with a loop.
    /// </summary>
    internal int Hold()
    {
        var added = false;
        DangerousAddRef(ref added);
        return (int)handle;
    }

    /// <summary>Gives back what <see cref="Hold"/> took.</summary>
    internal void Release() => DangerousRelease();

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => LibC.close((int)handle) == 0;
}
