using System.Net.Sockets;
using Gateway.Tcp.Routing;

namespace Gateway.Tcp.Dnat;

/// <summary>What a named counter of our table counts.</summary>
/// <param name="Kind">Connections, or packets of one direction.</param>
/// <param name="Listener">The listener.</param>
/// <param name="Route">The route; packets of two routes that share a listener and an address are counted with the first.</param>
/// <param name="Destination">The destination.</param>
/// <param name="Family">IPv4 or IPv6.</param>
internal sealed record DnatCounter(DnatCounterKind Kind, string Listener, RouteModel Route, string Destination, AddressFamily Family);
