using System.Net;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Engines.Portable;

namespace Gateway.Tcp.Health;

/// <summary>Finds out whether an address takes a TCP connection.</summary>
internal static class HealthProbe
{
    /// <summary>Connects and closes (<see cref="Knock"/>).</summary>
    /// <param name="address">The address to check.</param>
    /// <param name="timeout">How long the connect may take.</param>
    /// <param name="ownListeners">The listeners of this process. A destination that is one of them is bad.</param>
    /// <param name="time">For the timeout.</param>
    /// <param name="cancellation">Ends the check early.</param>
    /// <returns>
    /// Whether the address is good; null: there is no result, because the gateway had no descriptor or port left, or because the check was
    /// cancelled. That says nothing about the destination.
    /// </returns>
    public static async Task<bool?> ConnectAsync(
        IPEndPoint address, TimeSpan timeout, OwnListeners ownListeners, TimeProvider time, CancellationToken cancellation)
    {
        var connector = new SocketConnector(ownListeners, time, cancellation) { Prepare = Knock.Prepare };
        var result = await connector.ConnectAsync(new ConnectRequest { Destination = address, Timeout = timeout });
        result.Socket?.Dispose();
        return result.Failure switch
        {
            ConnectFailure.None => true,
            // A destination that is our own listener cannot serve clients, although the network is in order.
            ConnectFailure.Self => false,
            var failure => failure.IsOurs() ? null : false,
        };
    }
}
