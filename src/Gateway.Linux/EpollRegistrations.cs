using System.Globalization;
using System.Net.Sockets;

namespace Gateway.Linux;

/// <summary>The registrations of managed sockets in .NET's epoll sets, which .NET itself leaves to the close of a socket.</summary>
public static class EpollRegistrations
{
    private const string Descriptors = "/proc/self/fd";
    private const string EpollSetName = "anon_inode:[eventpoll]";
    private const int ControlDelete = 2;

    /// <summary>
    /// Removes a listening socket from every epoll set of this process. To be called before a socket is disposed of which other descriptors
    /// stay open (<see cref="ListeningDescriptor"/>): epoll watches the file behind a descriptor, so the registration would stay. Each
    /// connection would wake .NET's polling threads, and a later copy of the socket that gets the same number could not be registered
    /// (EEXIST), and would never accept. A set without the socket answers ENOENT, which is ignored.
    /// </summary>
    public static unsafe void Remove(Socket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        var held = false;
        try
        {
            socket.SafeHandle.DangerousAddRef(ref held);
            var number = (int)socket.SafeHandle.DangerousGetHandle();
            var unused = stackalloc byte[16];
            foreach (var path in Directory.EnumerateFileSystemEntries(Descriptors))
            {
                if (IsEpollSet(path)
                    && int.TryParse(Path.GetFileName(path.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var set))
                {
                    _ = LibC.epoll_ctl(set, ControlDelete, number, unused);
                }
            }
        }
        catch (Exception problem) when (problem is ObjectDisposedException or IOException or UnauthorizedAccessException)
        {
            // The socket is closed already, or there is no /proc. Then the registration stays.
        }
        finally
        {
            if (held)
            {
                socket.SafeHandle.DangerousRelease();
            }
        }
    }

    private static bool IsEpollSet(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget == EpollSetName;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            // The descriptor was closed meanwhile.
            return false;
        }
    }
}
