namespace Gateway.Configuration;

/// <summary>What carries the connections of an Http listener (<c>Listeners:NAME:Transport</c>).</summary>
public enum ListenerTransport
{
    /// <summary>
    /// HTTP/1.1 without TLS: the event loops that carry TCP, on Linux. A request then stays on one thread, from accept to the
    /// destination's answer. HTTP/2, TLS and other systems: .NET's sockets.
    /// </summary>
    Auto,

    /// <summary>.NET's sockets.</summary>
    Sockets,
}
