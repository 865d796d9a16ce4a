using System.Net.Sockets;

namespace Gateway.Tcp.Dnat;

/// <summary>
/// Says that a table is a living gateway's: an abstract unix socket, which like the table belongs to the network namespace, and which the
/// kernel closes with the process however that ends. So whoever gets it may replace what a dead predecessor left.
/// </summary>
public sealed class TableLock : IDisposable
{
    private const string Prefix = "gateway.nftables.";

    private readonly Socket _socket;

    private TableLock(Socket socket) => _socket = socket;

    /// <summary>Takes it; null if another process of this network namespace has it.</summary>
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

    /// <summary>Whether somebody has it, without taking it for a moment: a gateway that starts just then would find it taken.</summary>
    /// <param name="table">The table.</param>
    public static bool IsTaken(string table)
    {
        const string Sockets = "/proc/net/unix";
        return File.Exists(Sockets) && File.ReadLines(Sockets).Any(line => line.EndsWith($" @{Prefix}{table}", StringComparison.Ordinal));
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();
}
