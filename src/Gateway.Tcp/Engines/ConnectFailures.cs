using System.Net.Sockets;

namespace Gateway.Tcp.Engines;

/// <summary>
/// Whose fault a socket error is on the way to a connection. The same error means different things at different steps: EADDRNOTAVAIL at
/// bind says that the client's address cannot be used, at connect that no port is left. Both engines and everything that connects with
/// managed sockets ask here.
/// </summary>
public static class ConnectFailures
{
    /// <summary>
    /// At socket(): an address family that is switched off on this host makes the destination unreachable; anything else is our own
    /// shortage.
    /// </summary>
    /// <param name="error">What the system said.</param>
    public static ConnectFailure OfSocket(SocketError error) =>
        error == SocketError.AddressFamilyNotSupported ? ConnectFailure.Destination : ConnectFailure.Resources;

    /// <summary>At setsockopt(): the process lacks the right for this option, or the option cannot be had.</summary>
    /// <param name="error">What the system said.</param>
    /// <param name="otherwise">What it means if no right is missing.</param>
    public static ConnectFailure OfOption(SocketError error, ConnectFailure otherwise) =>
        error == SocketError.AccessDenied ? ConnectFailure.Permission : otherwise;

    /// <summary>At bind() to the client's address.</summary>
    /// <param name="error">What the system said.</param>
    public static ConnectFailure OfBind(SocketError error) => IsShortage(error) ? ConnectFailure.Resources : ConnectFailure.Bind;

    /// <summary>At connect(), at once or later.</summary>
    /// <param name="error">What the system said.</param>
    /// <param name="isSourceBound">
    /// Whether the socket was bound to the client's address (<see cref="ConnectRequest.TransparentSource"/>).
    /// </param>
    public static ConnectFailure OfConnect(SocketError error, bool isSourceBound) => error switch
    {
        SocketError.TimedOut => ConnectFailure.Timeout,

        // This pair of addresses and ports exists already, or the kernel has no way from this source to the destination (127.0.0.0/8 to
        // another host). Another source may do.
        SocketError.AddressAlreadyInUse or SocketError.InvalidArgument when isSourceBound => ConnectFailure.Bind,

        // No free port: EADDRNOTAVAIL, with IP_BIND_ADDRESS_NO_PORT also EAGAIN.
        SocketError.AddressAlreadyInUse or SocketError.AddressNotAvailable or SocketError.WouldBlock => ConnectFailure.Resources,
        _ => IsShortage(error) ? ConnectFailure.Resources : ConnectFailure.Destination,
    };

    /// <summary>Whether a failure says nothing about the destination: it must not count against its health.</summary>
    /// <param name="failure">What a connect came to.</param>
    public static bool IsOurs(this ConnectFailure failure) =>
        failure is not (ConnectFailure.None or ConnectFailure.Destination or ConnectFailure.Timeout);

    // No descriptor, no memory (EMFILE, ENFILE, ENOBUFS, ENOMEM, ENOSPC).
    private static bool IsShortage(SocketError error) => error is SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable;
}
