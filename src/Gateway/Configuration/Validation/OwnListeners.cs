using System.Net;

namespace Gateway.Configuration.Validation;

/// <summary>
/// Finds destinations that are the gateway's own listeners. A connection to one would come back to the gateway again and again, until
/// descriptors run out.
/// </summary>
internal static class OwnListeners
{
    /// <summary>
    /// Reports a destination that is one of the gateway's listeners, as far as the file shows. Resolved names and this machine's other
    /// addresses are checked when the gateway connects (<see cref="Tcp.Engines.OwnListeners"/>).
    /// </summary>
    /// <param name="context">Where to report.</param>
    /// <param name="path">Key path of the destination's address.</param>
    /// <param name="text">The address as written.</param>
    /// <param name="destination">The address.</param>
    public static void Check(ValidationContext context, string path, string text, DestinationAddress destination)
    {
        foreach (var (listenerPath, listenerText, listener) in context.Addresses)
        {
            if (destination.Port == listener.EndPoint.Port && LocalAddresses(destination).Any(address => Arrives(listener, address)))
            {
                context.Issues.Error(
                    path,
                    ConfigIssue.Quote(text),
                    $"is our own {listenerPath} (\"{listenerText}\"): connections would run in circles");
            }
        }
    }

    private static bool Arrives(ListenAddress listener, IPAddress address) =>
        // A wildcard listener is reached by any address of this machine, but of these the file shows only loopback. Any other listener is
        // reached by its own address.
        listener.EndPoint.Address.Equals(address) || (IPAddress.IsLoopback(address) && listener.Covers(address));

    // A connection to 0.0.0.0 or [::] goes to loopback. The name localhost stands for the loopback addresses of both families.
    private static IEnumerable<IPAddress> LocalAddresses(DestinationAddress destination)
    {
        var host = destination.Host.TrimEnd('.');
        if (host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase))
        {
            return [IPAddress.Loopback, IPAddress.IPv6Loopback];
        }

        return (destination.Ip is { IsIPv4MappedToIPv6: true } mapped ? mapped.MapToIPv4() : destination.Ip) switch
        {
            null => [],
            { } any when any.Equals(IPAddress.Any) => [IPAddress.Loopback],
            { } any when any.Equals(IPAddress.IPv6Any) => [IPAddress.IPv6Loopback],
            { } ip => [ip],
        };
    }
}
