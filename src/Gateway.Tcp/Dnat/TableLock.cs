using System.Net.Sockets;

namespace Gateway.Tcp.Dnat;

/// <summary>
/// The lock of a table: it shows that a running gateway owns the table. The lock is an abstract unix socket. Like the table, it belongs to
/// the network namespace, and the kernel closes it when the process ends, for whatever reason. So the gateway that gets the lock may
/// replace a table that a dead predecessor left.
/// </summary>
public sealed class TableLock : IDisposable
{
    private const string Prefix = "gateway.nftables.";

    private readonly Socket _socket;

    private TableLock(Socket socket) => _socket = socket;

    /// <summary>Takes the lock; null if another process of this network namespace has it.</summary>
    internal static TableLock? TryTake(string table)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint("\0" + Prefix + table));
            return new TableLock(socket);
        }
        catch (SocketException problem) when (problem.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            socket.Dispose();
            return null;
        }
    }

    /// <summary>The lock that another process has handed over: its socket, which both processes hold for a while.</summary>
    internal static TableLock Adopt(SafeSocketHandle socket) => new(new Socket(socket));

    /// <summary>The lock's socket, for the process that takes this one's place.</summary>
    internal SafeSocketHandle Handle => _socket.SafeHandle;

    /// <summary>
    /// Whether a process has the lock. Does not take the lock, because a gateway that starts at that moment would find it taken.
    /// </summary>
    /// <param name="table">The table.</param>
    public static bool IsTaken(string table)
    {
        const string Sockets = "/proc/net/unix";
        return File.Exists(Sockets) && File.ReadLines(Sockets).Any(line => line.EndsWith($" @{Prefix}{table}", StringComparison.Ordinal));
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();
}
