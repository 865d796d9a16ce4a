using System.Net;
using System.Net.Sockets;
using Gateway.Tcp.Engines;

namespace Gateway.Tcp.Health;

/// <summary>Whether an address takes a TCP connection.</summary>
internal static class HealthProbe
{
    /// <summary>Connects and closes (<see cref="Knock"/>). A failure of ours (no descriptor, no port) counts as bad too: it cannot be told apart from here, and Fall is there for it.</summary>
    /// <param name="address">Whom to ask.</param>
    /// <param name="timeout">How long it may take.</param>
    /// <param name="ownListeners">A destination that is one of them is bad.</param>
    /// <param name="cancellation">Ends the question early: then the answer means nothing.</param>
    public static async Task<bool> ConnectAsync(IPEndPoint address, TimeSpan timeout, OwnListeners ownListeners, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(timeout);
        try
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            Knock.Prepare(socket);
            ownListeners.Refuse(address, socket);
            await socket.ConnectAsync(address, limit.Token).ConfigureAwait(false);
            LocalPorts.RefuseSelf(socket);
            return true;
        }
        catch (Exception problem) when (problem is SocketException or OperationCanceledException)
        {
            return false;
        }
    }
}
