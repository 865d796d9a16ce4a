using System.Runtime.InteropServices;
using System.Text;

namespace Gateway.Linux;

/// <content>Opening folders and finding kinds of files, which .NET does not offer.</content>
internal static unsafe partial class Syscalls
{
    private const int OpenDirectory = 0x10000;

    // The number on arm64 (include/uapi/asm/fcntl.h).
    private const int OpenDirectoryArm64 = 0x4000;

    // The same numbers on x64 and arm64 (include/uapi/asm-generic/fcntl.h).
    private const int WriteOnly = 1;
    private const int Create = 0x40;
    private const int NoControllingTerminal = 0x100;
    private const int Append = 0x400;

    // rw-r-----, before the umask: a log names clients.
    private const uint NewFileMode = 0x1A0;

    // statx(2) has the same numbers and the same layout on every architecture, unlike stat.
    private const int WorkingDirectory = -100;
    private const uint StatxType = 1;
    private const uint StatxFileSize = 0x200;
    private const int StatxSize = 256;
    private const int StatxModeOffset = 28;
    private const int StatxFileSizeOffset = 40;
    private const int FileTypeMask = 0xF000;

    /// <summary>The type bits of the file at a path, or −errno. Does not open the file.</summary>
    internal static int FileMode(string path)
    {
        var buffer = stackalloc byte[StatxSize];
        var result = Statx(path, StatxType, buffer);
        return result < 0 ? result : *(ushort*)(buffer + StatxModeOffset) & FileTypeMask;
    }

    /// <summary>The size of the file at a path, or −errno. Does not open the file.</summary>
    internal static long FileSize(string path)
    {
        var buffer = stackalloc byte[StatxSize];
        var result = Statx(path, StatxFileSize, buffer);
        return result < 0 ? result : *(long*)(buffer + StatxFileSizeOffset);
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

    /// <summary>
    /// Opens a file for appending, and creates it if it does not exist. A named pipe without a reader makes this wait. The descriptor, or
    /// −errno.
    /// </summary>
    internal static int OpenForAppend(string path)
    {
        fixed (byte* pointer = Encoding.UTF8.GetBytes(path + "\0"))
        {
            while (true)
            {
                var result = Result(LibC.create(pointer, WriteOnly | Create | NoControllingTerminal | Append | CloseOnExec, NewFileMode));
                if (result != -Errno.EINTR)
                {
                    return result;
                }
            }
        }
    }

    private static int Statx(string path, uint asked, byte* buffer)
    {
        fixed (byte* pointer = Encoding.UTF8.GetBytes(path + "\0"))
        {
            return Result(LibC.statx(WorkingDirectory, pointer, 0, asked, buffer));
        }
    }
}
