using System.Runtime.InteropServices;
using System.Text;

namespace Gateway.Linux;

/// <content>Folders, which .NET does not open.</content>
internal static unsafe partial class Syscalls
{
    private const int OpenDirectory = 0x10000;

    // arm64 has its own number (include/uapi/asm/fcntl.h).
    private const int OpenDirectoryArm64 = 0x4000;

    /// <summary>A folder's descriptor, or −errno.</summary>
    internal static int OpenFolder(string path)
    {
        var flags = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? OpenDirectoryArm64 : OpenDirectory;
        fixed (byte* pointer = Encoding.UTF8.GetBytes(path + "\0"))
        {
            return Result(LibC.open(pointer, flags | OpenCloseOnExec));
        }
    }
}
