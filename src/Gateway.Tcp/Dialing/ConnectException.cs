using System.Net.Sockets;

namespace Gateway.Tcp.Dialing;

/// <summary>
/// No address of a destination could be connected to. Who asks for a socket (an HTTP client) can be told only by an exception.
/// </summary>
/// <param name="failure">Why.</param>
/// <param name="error">The last socket error; HostNotFound: there is no address.</param>
/// <param name="message">Which address was tried last, what came of it, and how often it was tried.</param>
public sealed class ConnectException(DialFailure failure, SocketError error, string message) : SocketException((int)error)
{
    /// <inheritdoc/>
    public override string Message => message;

    /// <summary>Why there is no connection.</summary>
    public DialFailure Failure => failure;

    /// <summary>Whether we lacked descriptors, ports or memory to ask: that says nothing about the destination.</summary>
    public bool IsOurs => failure == DialFailure.Resources;
}
