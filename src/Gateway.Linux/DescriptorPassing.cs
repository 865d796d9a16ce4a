using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Gateway.Linux;

/// <summary>
/// Sends descriptors to another process over a unix socket (SCM_RIGHTS, unix(7)). The receiver gets descriptors of its own. A message with
/// descriptors must have a byte of data. Linux only.
/// </summary>
public static unsafe class DescriptorPassing
{
    /// <summary>The most descriptors in one message. The kernel's limit is 253 (SCM_MAX_FD).</summary>
    public const int Most = 128;

    private const int SolSocket = 1;
    private const int ScmRights = 1;
    private const int CloseOnExecInMessage = 0x40000000;
    private const int MessageNoSignal = 0x4000;

    // struct cmsghdr: length (8 bytes), level, type; then the descriptors. The sizes are those of 64-bit systems.
    private const int HeaderBytes = 16;
    private const int ControlBytes = HeaderBytes + (Most * sizeof(int));

    /// <summary>Sends data and descriptors in one message.</summary>
    /// <param name="socket">A connected unix socket with room in its send buffer.</param>
    /// <param name="data">The data; not empty.</param>
    /// <param name="handles">At most <see cref="Most"/> descriptors; the sender keeps its own.</param>
    /// <exception cref="SocketException">The message could not be sent.</exception>
    public static void Send(Socket socket, ReadOnlySpan<byte> data, IReadOnlyList<SafeHandle> handles)
    {
        ArgumentNullException.ThrowIfNull(socket);
        ArgumentNullException.ThrowIfNull(handles);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(handles.Count, Most);
        var control = stackalloc byte[ControlBytes];
        var held = new List<SafeHandle>(handles.Count);
        try
        {
            for (var index = 0; index < handles.Count; index++)
            {
                ((int*)(control + HeaderBytes))[index] = Hold(handles[index], held);
            }

            var length = HeaderBytes + (handles.Count * sizeof(int));
            *(nuint*)control = (nuint)length;
            ((int*)control)[2] = SolSocket;
            ((int*)control)[3] = ScmRights;
            fixed (byte* pointer = data)
            {
                var part = new MessagePart { Data = pointer, Length = (nuint)data.Length };
                var message = new Message { Parts = &part, PartCount = 1 };
                if (handles.Count > 0)
                {
                    message.Control = control;
                    message.ControlLength = (nuint)length;
                }

                var fd = Hold(socket.SafeHandle, held);
                nint sent;
                do
                {
                    sent = LibC.sendmsg(fd, &message, MessageNoSignal);
                }
                while (IsInterrupted(sent));
                Check(sent);
            }
        }
        finally
        {
            held.ForEach(static handle => handle.DangerousRelease());
        }
    }

    /// <summary>Receives data, and the descriptors that came with it. Waits as long as the socket's ReceiveTimeout.</summary>
    /// <param name="socket">A connected unix socket in blocking mode.</param>
    /// <param name="data">The buffer for the data.</param>
    /// <param name="numbers">Gets the numbers of the descriptors, which belong to the caller.</param>
    /// <returns>The number of bytes; 0: the other side has closed.</returns>
    /// <exception cref="SocketException">Nothing was received in time, or the connection failed.</exception>
    public static int Receive(Socket socket, Span<byte> data, ICollection<int> numbers)
    {
        ArgumentNullException.ThrowIfNull(socket);
        ArgumentNullException.ThrowIfNull(numbers);
        var control = stackalloc byte[ControlBytes];
        var held = new List<SafeHandle>(1);
        try
        {
            fixed (byte* pointer = data)
            {
                var part = new MessagePart { Data = pointer, Length = (nuint)data.Length };
                var message = new Message { Parts = &part, PartCount = 1, Control = control, ControlLength = ControlBytes };
                var fd = Hold(socket.SafeHandle, held);
                nint received;
                do
                {
                    // With a timeout, a signal interrupts the call even if it would be restarted otherwise (signal(7)).
                    received = LibC.recvmsg(fd, &message, CloseOnExecInMessage);
                }
                while (IsInterrupted(received));
                var count = Check(received);
                if (message.ControlLength >= HeaderBytes && ((int*)control)[2] == SolSocket && ((int*)control)[3] == ScmRights)
                {
                    var descriptors = ((int)*(nuint*)control - HeaderBytes) / sizeof(int);
                    for (var index = 0; index < descriptors; index++)
                    {
                        numbers.Add(((int*)(control + HeaderBytes))[index]);
                    }
                }

                return count;
            }
        }
        finally
        {
            held.ForEach(static handle => handle.DangerousRelease());
        }
    }

    /// <summary>Whether the process at the other end of a unix socket runs as this process's user, or as root (SO_PEERCRED).</summary>
    public static bool IsSameUser(Socket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        Span<byte> credentials = stackalloc byte[12];
        var option = SocketOption.PeerCredentials;
        if (socket.GetRawSocketOption(option.Level, option.Name, credentials) != credentials.Length)
        {
            return false;
        }

        var user = MemoryMarshal.Read<uint>(credentials[sizeof(int)..]);
        return user == 0 || user == LibC.geteuid();
    }

    private static int Hold(SafeHandle handle, List<SafeHandle> held)
    {
        var added = false;
        handle.DangerousAddRef(ref added);
        held.Add(handle);
        return (int)handle.DangerousGetHandle();
    }

    private static bool IsInterrupted(nint result) => result < 0 && Marshal.GetLastSystemError() == Errno.EINTR;

    private static int Check(nint result) =>
        result >= 0 ? (int)result : throw new SocketException((int)Errno.ToSocketError(Marshal.GetLastSystemError()));

    // struct iovec.
    [StructLayout(LayoutKind.Sequential)]
    internal struct MessagePart
    {
        public byte* Data;
        public nuint Length;
    }

    // struct msghdr of 64-bit Linux.
    [StructLayout(LayoutKind.Sequential)]
    internal struct Message
    {
        public void* Name;
        public uint NameLength;
        public MessagePart* Parts;
        public nuint PartCount;
        public void* Control;
        public nuint ControlLength;
        public int Flags;
    }
}
