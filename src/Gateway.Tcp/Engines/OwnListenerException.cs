using System.Net;
using System.Net.Sockets;

namespace Gateway.Tcp.Engines;

/// <summary>A destination is one of our own listeners, and is not dialed. Its message goes into the access log.</summary>
public sealed class OwnListenerException : SocketException
{
    /// <summary>Why such a connection was refused, in logs and metrics.</summary>
    public const string Reason = "self";

    /// <summary>Makes one.</summary>
    /// <param name="destination">Its address.</param>
    /// <param name="listener">The listener's name.</param>
    public OwnListenerException(IPEndPoint destination, string listener)
        : base((int)SocketError.ConnectionRefused, $"reason={Reason}: {destination} is our own listener {listener}")
    {
    }
}
