using System.Net.Sockets;

namespace Gateway.Tcp.Engines;

/// <summary>
/// Opens connections for a dial. It is either a client's connection, whose engine thread carries the backend's connection too, or it opens
/// managed sockets (<see cref="Portable.SocketConnector"/>). Failures are values, not exceptions.
/// </summary>
internal interface IConnector
{
    /// <summary>Index of the interface (VRF) by which the client came; 0: none.</summary>
    int BoundDevice { get; }

    /// <summary>Opens one connection.</summary>
    /// <param name="request">The destination, the source and the time limit.</param>
    ValueTask<ConnectResult> ConnectAsync(ConnectRequest request);

    /// <summary>Waits for the answer of a name server. The wait ends early if the connection is not needed any more.</summary>
    /// <param name="task">The answer.</param>
    /// <returns>Success, or why the wait ended early.</returns>
    ValueTask<SocketError> WaitForAsync(Task task);
}
