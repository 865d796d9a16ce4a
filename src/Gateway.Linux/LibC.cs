using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

// Every signature below is blittable, so each call is a plain call without a stub that copies or pins.
[assembly: DisableRuntimeMarshalling]

namespace Gateway.Linux;

/// <summary>
/// The names and types of libc, and nothing else. The rest of the code calls <see cref="Syscalls"/>.
/// <para>
/// No SetLastError, because its stub would clear and copy errno on every call. Marshal.GetLastSystemError() right after a −1 reads the
/// thread's errno, which the runtime preserves across a GC pause.
/// </para>
/// <para>
/// No SuppressGCTransition, because measurements showed no gain, and these calls can run the whole loopback path, which would delay a GC.
/// </para>
/// </summary>
internal static unsafe partial class LibC
{
    private const string Library = "libc";

    [LibraryImport(Library)]
    internal static partial int epoll_create1(int flags);

    [LibraryImport(Library)]
    internal static partial int epoll_ctl(int epoll, int operation, int fd, byte* epollEvent);

    [LibraryImport(Library)]
    internal static partial int epoll_wait(int epoll, byte* events, int maxEvents, int timeoutMilliseconds);

    [LibraryImport(Library)]
    internal static partial int eventfd(uint initialValue, int flags);

    [LibraryImport(Library)]
    internal static partial int socket(int domain, int type, int protocol);

    [LibraryImport(Library)]
    internal static partial int bind(int fd, SockAddr* address, uint length);

    [LibraryImport(Library)]
    internal static partial int listen(int fd, int backlog);

    [LibraryImport(Library)]
    internal static partial int accept4(int fd, SockAddr* address, uint* length, int flags);

    [LibraryImport(Library)]
    internal static partial int connect(int fd, SockAddr* address, uint length);

    [LibraryImport(Library)]
    internal static partial int getsockname(int fd, SockAddr* address, uint* length);

    [LibraryImport(Library)]
    internal static partial int setsockopt(int fd, int level, int name, void* value, uint length);

    [LibraryImport(Library)]
    internal static partial int getsockopt(int fd, int level, int name, void* value, uint* length);

    [LibraryImport(Library)]
    internal static partial int gettid();

    [LibraryImport(Library)]
    internal static partial nint recv(int fd, byte* buffer, nuint length, int flags);

    [LibraryImport(Library)]
    internal static partial nint send(int fd, byte* buffer, nuint length, int flags);

    [LibraryImport(Library)]
    internal static partial nint sendmsg(int fd, DescriptorPassing.Message* message, int flags);

    [LibraryImport(Library)]
    internal static partial nint recvmsg(int fd, DescriptorPassing.Message* message, int flags);

    [LibraryImport(Library)]
    internal static partial uint geteuid();

    [LibraryImport(Library)]
    internal static partial int shutdown(int fd, int how);

    [LibraryImport(Library)]
    internal static partial nint write(int fd, void* buffer, nuint length);

    [LibraryImport(Library)]
    internal static partial int poll(PollEntry* entries, nuint count, int timeoutMilliseconds);

    [LibraryImport(Library)]
    internal static partial int close(int fd);

    [LibraryImport(Library)]
    internal static partial int pipe2(int* fds, int flags);

    [LibraryImport(Library)]
    internal static partial int fcntl(int fd, int command, nint argument);

    [LibraryImport(Library)]
    internal static partial nint splice(int from, long* fromOffset, int to, long* toOffset, nuint length, uint flags);

    /// <summary>For bpf(2), because libc has no function for it.</summary>
    [LibraryImport(Library)]
    internal static partial nint syscall(nint number, nint command, void* attributes, nint length);

    [LibraryImport(Library)]
    internal static partial int open(byte* path, int flags);

    // open(2) with O_CREAT. On the architectures of Linux that .NET runs on, an argument behind the ... is passed like any other.
    [LibraryImport(Library, EntryPoint = "open")]
    internal static partial int create(byte* path, int flags, uint mode);

    [LibraryImport(Library)]
    internal static partial int statx(int folder, byte* path, int flags, uint mask, byte* buffer);

    [LibraryImport(Library)]
    internal static partial int getrlimit(int resource, ulong* softAndHard);
}
