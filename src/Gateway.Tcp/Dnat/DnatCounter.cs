using System.Net.Sockets;
using Gateway.Tcp.Routing;

namespace Gateway.Tcp.Dnat;

/// <summary>The meaning of a named counter of our table.</summary>
/// <param name="Kind">Connections, or packets of one direction.</param>
/// <param name="Listener">The listener.</param>
/// <param name="Route">The route. If two routes share a listener and an address, packets count for the first route.</param>
/// <param name="Destination">The destination.</param>
/// <param name="Family">IPv4 or IPv6.</param>
internal sealed record DnatCounter(DnatCounterKind Kind, string Listener, RouteModel Route, string Destination, AddressFamily Family);
