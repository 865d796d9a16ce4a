using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Engines.Linux;

/// <summary>
/// The current user of a <see cref="LinuxSocket"/>: its connection, the connection that dials it, or the relay.
/// </summary>
internal interface ISocketOwner
{
    /// <summary>The socket's readiness has been updated.</summary>
    void OnReady(LinuxSocket socket);

    /// <summary>The socket's timer is due.</summary>
    void OnTimer(LinuxSocket socket);

    /// <summary>
    /// The socket was aborted: pending operations must end. After a fault, or at the end of the loop, the socket is reset next.
    /// </summary>
    void OnAborted(LinuxSocket socket, CloseReason reason);
}
