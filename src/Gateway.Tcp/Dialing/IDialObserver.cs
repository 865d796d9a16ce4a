using System.Net.Sockets;
using Gateway.Tcp.Engines;

namespace Gateway.Tcp.Dialing;

/// <summary>Told of every connect attempt, for metrics.</summary>
internal interface IDialObserver
{
    /// <summary>An attempt ended.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="transparent">Whether it was to come from the client's address.</param>
    /// <param name="failure">Who is to blame, or None.</param>
    /// <param name="error">The socket error.</param>
    /// <param name="duration">How long it took.</param>
    void Attempted(string cluster, bool transparent, ConnectFailure failure, SocketError error, TimeSpan duration);

    /// <summary>A client's address cannot be the source of a connection to some destination: of another family, loopback, or one of our own.</summary>
    void SourceUnusable(string cluster);

    /// <summary>A second or later attempt for the same client begins.</summary>
    void Retrying(string cluster);
}
