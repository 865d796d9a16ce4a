using System.Net.Sockets;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Dialing;

/// <summary>
/// No address of a destination could be connected to. It is an exception, because an HTTP client that asks for a socket knows no other way
/// to report a failure.
/// </summary>
/// <param name="failure">Why there is no connection.</param>
/// <param name="error">The last socket error; HostNotFound: there is no address.</param>
/// <param name="message">The address that was tried last, its error, and the number of attempts.</param>
public sealed class ConnectException(CloseReason failure, SocketError error, string message) : SocketException((int)error)
{
    /// <inheritdoc/>
    public override string Message => message;

    /// <summary>Why there is no connection.</summary>
    public CloseReason Failure => failure;
}
