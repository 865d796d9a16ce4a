using System.Runtime.InteropServices;
using System.Text;

namespace Gateway.Linux;

/// <content>Folders, which .NET does not open, and kinds of files, which it does not tell.</content>
internal static unsafe partial class Syscalls
{
    private const int OpenDirectory = 0x10000;

    // arm64 has its own number (include/uapi/asm/fcntl.h).
    private const int OpenDirectoryArm64 = 0x4000;

    // statx(2): the same numbers and the same layout on every architecture, unlike stat's.
    private const int WorkingDirectory = -100;
    private const uint StatxType = 1;
    private const int StatxSize = 256;
    private const int StatxModeOffset = 28;
    private const int FileTypeMask = 0xF000;

    /// <summary>The type bits of what a path leads to, or −errno. Nothing is opened.</summary>
    internal static int FileMode(string path)
    {
        var buffer = stackalloc byte[StatxSize];
        fixed (byte* pointer = Encoding.UTF8.GetBytes(path + "\0"))
        {
            var result = Result(LibC.statx(WorkingDirectory, pointer, 0, StatxType, buffer));
            return result < 0 ? result : *(ushort*)(buffer + StatxModeOffset) & FileTypeMask;
        }
    }

    /// <summary>A folder's descriptor, or −errno.</summary>
    internal static int OpenFolder(string path)
    {
        var flags = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? OpenDirectoryArm64 : OpenDirectory;
        fixed (byte* pointer = Encoding.UTF8.GetBytes(path + "\0"))
        {
            return Result(LibC.open(pointer, flags | CloseOnExec));
        }
    }
}
