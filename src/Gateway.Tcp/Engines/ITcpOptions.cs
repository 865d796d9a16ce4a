using System.Net.Sockets;

namespace Gateway.Tcp.Engines;

/// <summary>What an engine that has a part in handshakes can do with TCP options. From any thread.</summary>
internal interface ITcpOptions
{
    /// <summary>
    /// Makes it possible to write TCP options (<see cref="ConnectRequest.ClientOption"/>) and to keep those of handshakes and first data
    /// (<see cref="OptionCarriers.Ack"/>, <see cref="OptionCarriers.Data"/>), for as long as the engine lives. Does nothing if it is
    /// possible already.
    /// </summary>
    /// <returns>Null, or what is missing and the cure.</returns>
    string? Enable();

    /// <summary>
    /// As <see cref="TcpListenOptions.Options"/>, for a listening socket of another owner (an HTTP server's), before it listens.
    /// </summary>
    /// <exception cref="SocketException">They cannot be kept.</exception>
    void Keep(Socket listener, OptionCarriers carriers);

    /// <summary>As <see cref="TcpConnection.ReadOptions"/>, for a connection of such a socket.</summary>
    int Read(Socket connection, OptionCarriers carrier, Span<byte> options);
}
