using Gateway.Tcp.Engines;
using Gateway.Tcp.Pipeline;

namespace Gateway.Tcp.AcceptThroughKestrel;

/// <summary>The feature that takes a connection of the TCP data plane through Kestrel.</summary>
internal interface ITcpConnectionFeature
{
    /// <summary>The engine's connection. Kestrel never reads it.</summary>
    TcpConnection Connection { get; }

    /// <summary>The listener that accepted it.</summary>
    ListenerState Listener { get; }

    /// <summary>The number of the connection. The server's log lines and the access log have the same id, made from this number.</summary>
    long Number { get; }
}
