using System.Net.Sockets;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Engines;

/// <summary>
/// Decides who is to blame for a socket error while a connection is opened. The same error means different things at different steps:
/// EADDRNOTAVAIL at bind means that the client's address cannot be used, at connect it means that no port is left. Both engines, and all
/// code that connects with managed sockets, use this class.
/// </summary>
public static class ConnectFailures
{
    /// <summary>
    /// At socket(): an address family that is switched off on this host makes the destination unreachable. Any other error is a shortage of
    /// the gateway.
    /// </summary>
    /// <param name="error">The error of the system.</param>
    public static ConnectFailure OfSocket(SocketError error) =>
        error == SocketError.AddressFamilyNotSupported ? ConnectFailure.Destination : ConnectFailure.Resources;

    /// <summary>At setsockopt(): the process lacks the right for this option, or the option cannot be set.</summary>
    /// <param name="error">The error of the system.</param>
    /// <param name="otherwise">The failure if no right is missing.</param>
    public static ConnectFailure OfOption(SocketError error, ConnectFailure otherwise) =>
        error == SocketError.AccessDenied ? ConnectFailure.Permission : otherwise;

    /// <summary>At bind() to the client's address.</summary>
    /// <param name="error">The error of the system.</param>
    public static ConnectFailure OfBind(SocketError error) => IsShortage(error) ? ConnectFailure.Resources : ConnectFailure.Bind;

    /// <summary>At connect(), whether the error comes at once or later.</summary>
    /// <param name="error">The error of the system.</param>
    /// <param name="isSourceBound">
    /// Whether the socket was bound to the client's address (<see cref="ConnectRequest.TransparentSource"/>).
    /// </param>
    public static ConnectFailure OfConnect(SocketError error, bool isSourceBound) => error switch
    {
        SocketError.TimedOut => ConnectFailure.Timeout,

        // A connection with this four-tuple exists already, or the kernel has no route from this source to the destination (127.0.0.0/8 to
        // another host). Another source may work.
        SocketError.AddressAlreadyInUse or SocketError.InvalidArgument when isSourceBound => ConnectFailure.Bind,

        // No free port: EADDRNOTAVAIL, or EAGAIN with IP_BIND_ADDRESS_NO_PORT.
        SocketError.AddressAlreadyInUse or SocketError.AddressNotAvailable or SocketError.WouldBlock => ConnectFailure.Resources,
        _ => IsShortage(error) ? ConnectFailure.Resources : ConnectFailure.Destination,
    };

    /// <summary>The reason of a dial that ends with this attempt; null: the connect did not fail.</summary>
    /// <param name="failure">The result of a connect.</param>
    public static CloseReason? Reason(this ConnectFailure failure) => failure switch
    {
        ConnectFailure.None => null,
        ConnectFailure.Timeout => CloseReason.BackendConnectTimeout,
        ConnectFailure.Self => CloseReason.Self,
        ConnectFailure.Bind or ConnectFailure.Option or ConnectFailure.Permission => CloseReason.SourceIpUnusable,
        ConnectFailure.Resources => CloseReason.Resources,
        ConnectFailure.Aborted => CloseReason.ClientReset,
        _ => CloseReason.BackendConnectFailed,
    };

    /// <summary>Whether a failure says nothing about the destination, so that it must not count against the destination's health.</summary>
    /// <param name="failure">The result of a connect.</param>
    public static bool IsOurs(this ConnectFailure failure) => failure.Reason() is { } reason && !reason.BlamesDestination();

    // No descriptor, no memory (EMFILE, ENFILE, ENOBUFS, ENOMEM, ENOSPC).
    private static bool IsShortage(SocketError error) => error is SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable;
}
