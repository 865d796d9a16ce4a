using System.Net;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Engines.Portable;

namespace Gateway.Tcp.Health;

/// <summary>Whether an address takes a TCP connection.</summary>
internal static class HealthProbe
{
    /// <summary>Connects and closes (<see cref="Knock"/>).</summary>
    /// <param name="address">Whom to ask.</param>
    /// <param name="timeout">How long it may take.</param>
    /// <param name="ownListeners">A destination that is one of them is bad.</param>
    /// <param name="time">For the limit.</param>
    /// <param name="cancellation">Ends the question early.</param>
    /// <returns>
    /// The answer; null: there is none, since no descriptor or port was left here, or the question was ended. That says nothing about the
    /// destination.
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
            // A destination that is our own listener serves nobody, although it is no fault of the network.
            ConnectFailure.Self => false,
            var failure => failure.IsOurs() ? null : false,
        };
    }
}
