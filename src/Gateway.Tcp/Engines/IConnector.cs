using System.Net.Sockets;

namespace Gateway.Tcp.Engines;

/// <summary>
/// What opens connections for a dial: a client's connection, whose engine thread carries the backend's too, or managed sockets
/// (<see cref="Portable.SocketConnector"/>). Outcomes are values.
/// </summary>
internal interface IConnector
{
    /// <summary>Index of the interface (VRF) by which the client came; 0: none.</summary>
    int BoundDevice { get; }

    /// <summary>Opens one connection.</summary>
    /// <param name="request">Where to, from where, and for how long.</param>
    ValueTask<ConnectResult> ConnectAsync(ConnectRequest request);

    /// <summary>Waits for the answer of a name server, and no longer than somebody waits for the connection.</summary>
    /// <param name="task">The answer.</param>
    /// <returns>Success, or why nobody waits any more.</returns>
    ValueTask<SocketError> WaitForAsync(Task task);
}
