using Gateway.Tcp.Clusters;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Engines;

namespace Gateway.Tcp.Dialing;

/// <summary>
/// What is done with a new connection to a destination before the destination counts as reached: a PROXY header, and TLS. Nothing of the
/// client's is sent, so that another destination can be tried.
/// </summary>
internal interface IConnectionOpening
{
    /// <summary>Opens it. The dialer resets the connection if that fails.</summary>
    /// <param name="dial">The dial, whose time limits the steps.</param>
    /// <param name="backend">The connection, on which nothing was sent.</param>
    /// <param name="destination">Whose it is.</param>
    /// <param name="mode">How the backend learns the client's address.</param>
    ValueTask<OpeningResult> OpenAsync(Dial dial, TcpConnection backend, DestinationModel destination, SourceIpMode mode);
}
