using System.Runtime.InteropServices;
using System.Text;

namespace Gateway.Linux;

/// <content>Opening folders and finding kinds of files, which .NET does not offer.</content>
internal static unsafe partial class Syscalls
{
    private const int OpenDirectory = 0x10000;

    // The number on arm64 (include/uapi/asm/fcntl.h).
    private const int OpenDirectoryArm64 = 0x4000;

    // statx(2) has the same numbers and the same layout on every architecture, unlike stat.
    private const int WorkingDirectory = -100;
    private const uint StatxType = 1;
    private const int StatxSize = 256;
    private const int StatxModeOffset = 28;
    private const int FileTypeMask = 0xF000;

    /// <summary>The type bits of the file at a path, or −errno. Does not open the file.</summary>
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
