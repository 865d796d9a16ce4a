using System.Net;
using System.Net.Sockets;

namespace Gateway.Testing.Network;

/// <summary>
/// Ports for listeners of processes that cannot be given port 0. They come from below the kernel's ephemeral range, so that no outgoing
/// connection takes one between the choice and the bind, and no port is given twice by one test process.
/// </summary>
public static class FreePorts
{
    /// <summary>
    /// Where listeners for captured connections listen, as in the documents. It is never given: they are in namespaces of their own, so that nobody
    /// here sees it taken.
    /// </summary>
    public const int Captured = 15_006;

    private const int First = 11_000;
    private const int Count = 20_000;

    // Several test processes may run at once: each starts somewhere else.
    private static int _next = (Environment.ProcessId * 137) % Count;

    /// <summary>A port that nobody listens on.</summary>
    public static int Next()
    {
        for (var attempt = 0; attempt < Count; attempt++)
        {
            var port = First + ((Interlocked.Increment(ref _next) & int.MaxValue) % Count);
            if (port != Captured && CanBind(port))
            {
                return port;
            }
        }

        throw new InvalidOperationException("No free port.");
    }

    /// <summary>Whether <paramref name="port"/> can be bound on every address.</summary>
    public static bool CanBind(int port)
    {
        try
        {
            using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
            socket.Bind(new IPEndPoint(IPAddress.IPv6Any, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
