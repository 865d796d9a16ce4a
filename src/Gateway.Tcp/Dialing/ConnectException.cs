using System.Net.Sockets;

namespace Gateway.Tcp.Dialing;

/// <summary>No address of a destination could be connected to. Who asks for a socket (an HTTP client) can be told only by an
/// exception.</summary>
/// <param name="error">The last socket error; HostNotFound: there is no address.</param>
/// <param name="message">Which address was tried last, what came of it, and how often it was tried.</param>
public sealed class ConnectException(SocketError error, string message) : SocketException((int)error)
{
    /// <inheritdoc/>
    public override string Message => message;

    /// <summary>Whether we could not ask at all, for want of descriptors, ports or memory: that says nothing about the
    /// destination.</summary>
    public bool IsOurs => SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AddressNotAvailable or SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable;
}
