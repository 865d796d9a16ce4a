using System.Runtime.InteropServices;

namespace Gateway.Linux;

/// <summary>
/// Owns one descriptor. Its number is available only together with a reference (<see cref="Hold"/>), so no number can outlive its
/// descriptor. This matters because the kernel gives a closed number to the next socket at once, and a late syscall would reach a foreign
/// connection.
/// </summary>
internal class FileDescriptor : SafeHandle
{
    internal FileDescriptor(int number)
        : base(-1, ownsHandle: true) => SetHandle(number);

    /// <inheritdoc/>
    public override bool IsInvalid => handle < 0;

    /// <summary>
    /// Takes a reference and returns the number, which is valid until <see cref="Release"/>. On the hot path, call this once per
    /// registration with a loop.
    /// </summary>
    internal int Hold()
    {
        var added = false;
        DangerousAddRef(ref added);
        return (int)handle;
    }

    /// <summary>Gives back the reference that <see cref="Hold"/> took.</summary>
    internal void Release() => DangerousRelease();

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => LibC.close((int)handle) == 0;
}
