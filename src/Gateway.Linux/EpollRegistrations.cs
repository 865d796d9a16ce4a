using System.Globalization;
using System.Net.Sockets;

namespace Gateway.Linux;

/// <summary>The registrations of managed sockets in .NET's epoll sets, which .NET itself leaves to the close of a socket.</summary>
public static class EpollRegistrations
{
    private const string Descriptors = "/proc/self/fd";
    private const string EpollSetName = "anon_inode:[eventpoll]";
    private const int ControlDelete = 2;

    // .NET makes its sets with the first socket that waits, and never closes them. A number that is no set any more does no harm.
    private static readonly Lazy<int[]> Sets = new(FindSets);

    /// <summary>
    /// Removes a listening socket from every epoll set of this process. To be called before a socket is disposed of which other descriptors
    /// stay open (<see cref="ListeningDescriptor"/>): epoll watches the file behind a descriptor, so the registration would stay. Each
    /// connection would wake .NET's polling threads, and a later copy of the socket that gets the same number could not be registered
    /// (EEXIST), and would never accept. A set without the socket answers ENOENT, which is ignored.
    /// </summary>
    /// <param name="socket">A socket that has waited for a connection.</param>
    public static unsafe void Remove(Socket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        var held = false;
        try
        {
            socket.SafeHandle.DangerousAddRef(ref held);
            var unused = stackalloc byte[16];
            foreach (var set in Sets.Value)
            {
                _ = LibC.epoll_ctl(set, ControlDelete, (int)socket.SafeHandle.DangerousGetHandle(), unused);
            }
        }
        catch (ObjectDisposedException)
        {
            // The socket is closed already.
        }
        finally
        {
            if (held)
            {
                socket.SafeHandle.DangerousRelease();
            }
        }
    }

    private static int[] FindSets()
    {
        try
        {
            return
            [
                .. Directory.EnumerateFileSystemEntries(Descriptors)
                    .Where(IsEpollSet)
                    .Select(static path => int.Parse(Path.GetFileName(path.AsSpan()), CultureInfo.InvariantCulture)),
            ];
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            // There is no /proc. Then the registrations stay.
            return [];
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
