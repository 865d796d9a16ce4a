using System.Net.Sockets;

namespace Gateway.Tcp.Engines;

/// <summary>Writing and keeping TCP options, for an engine that can take part in handshakes. From any thread.</summary>
internal interface ITcpOptions
{
    /// <summary>
    /// Enables writing TCP options (<see cref="ConnectRequest.ClientOption"/>) and keeping the options of handshakes and first data
    /// (<see cref="OptionCarriers.Ack"/>, <see cref="OptionCarriers.Data"/>), for as long as the engine lives. Does nothing if this is
    /// enabled already.
    /// </summary>
    /// <returns>Null on success; otherwise what is missing, and the cure.</returns>
    string? Enable();

    /// <summary>
    /// As <see cref="TcpListenOptions.Options"/>, for a listening socket of another owner (an HTTP server), before it listens.
    /// </summary>
    /// <exception cref="SocketException">The options cannot be kept.</exception>
    void Keep(Socket listener, OptionCarriers carriers);

    /// <summary>As <see cref="TcpConnection.ReadOptions"/>, for a connection of such a socket.</summary>
    int Read(Socket connection, OptionCarriers carrier, Span<byte> options);
}
