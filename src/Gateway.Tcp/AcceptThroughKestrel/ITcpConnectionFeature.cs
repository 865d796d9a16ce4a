using Gateway.Tcp.Engines;
using Gateway.Tcp.Pipeline;

namespace Gateway.Tcp.AcceptThroughKestrel;

/// <summary>What a connection of the TCP data plane carries through Kestrel.</summary>
internal interface ITcpConnectionFeature
{
    /// <summary>The engine's connection. Kestrel never reads it.</summary>
    TcpConnection Connection { get; }

    /// <summary>The listener that accepted it.</summary>
    ListenerState Listener { get; }

    /// <summary>Its number: the server's log lines have the id that is made of it, as the access log has.</summary>
    long Number { get; }
}
