using Gateway.Tcp.Relaying;

namespace Gateway.Tcp.Engines.Linux;

/// <summary>
/// What has the use of a <see cref="LinuxSocket"/> at the moment: its connection, the connection that dials it, or the relay.
/// </summary>
internal interface ISocketOwner
{
    /// <summary>The socket's readiness is up to date.</summary>
    void OnReady(LinuxSocket socket);

    /// <summary>The socket's timer is due.</summary>
    void OnTimer(LinuxSocket socket);

    /// <summary>The socket was aborted: what is pending on it ends. After a fault or with the loop, the socket is reset next.</summary>
    void OnAborted(LinuxSocket socket, RelayEnd reason);
}
