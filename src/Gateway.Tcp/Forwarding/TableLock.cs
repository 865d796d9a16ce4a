using System.Net.Sockets;

namespace Gateway.Tcp.Forwarding;

/// <summary>
/// Says that a table is a living gateway's: an abstract unix socket, which like the table belongs to the network namespace, and which the kernel closes with the
/// process however that ends. So whoever gets it may replace what a dead predecessor left.
/// </summary>
internal sealed class TableLock : IDisposable
{
    private readonly Socket _socket;

    private TableLock(Socket socket) => _socket = socket;

    /// <summary>Takes it; null if another process of this network namespace has it.</summary>
    public static TableLock? TryTake(string table)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint("\0gateway.nftables." + table));
            return new TableLock(socket);
        }
        catch (SocketException problem) when (problem.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            socket.Dispose();
            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();
}
