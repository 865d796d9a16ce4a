using System.Net.Sockets;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Engines;

namespace Gateway.Tcp.Dialing;

/// <summary>Told of every connect attempt, for metrics.</summary>
internal interface IDialObserver
{
    /// <summary>An attempt ended.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="destination">The destination's name.</param>
    /// <param name="mode">How the backend was to learn the client's address.</param>
    /// <param name="failure">Who is to blame, or None.</param>
    /// <param name="error">The socket error.</param>
    /// <param name="duration">How long it took.</param>
    void Attempted(string cluster, string destination, SourceIpMode mode, ConnectFailure failure, SocketError error, TimeSpan duration);

    /// <summary>
    /// A client's address cannot be the source of a connection to some destination (of another family, loopback, or one of our own), or the route has no TCP option for it.
    /// </summary>
    void SourceUnusable(string cluster, SourceIpMode mode);

    /// <summary>A second or later attempt for the same client begins, to this destination.</summary>
    void Retrying(string cluster, string destination);
}
