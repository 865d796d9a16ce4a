using Gateway.Configuration;
using Gateway.Tcp.Configuration;

namespace Gateway.Snapshots;

/// <summary>How a listener learns its clients, as texts for a person. For <c>validate</c> and the API.</summary>
internal static class ListenerText
{
    /// <summary>The ways, and who is believed; none: the peer is the client.</summary>
    /// <param name="listener">The listener.</param>
    /// <param name="most">The most networks that are written of each list.</param>
    public static IEnumerable<string> WaysOf(ListenerConfig listener, int most)
    {
        if (listener.ProxyProtocol is { } proxy)
        {
            yield return $"PROXY header {proxy.Header} from {Listed(proxy.TrustedProxies, most)}"
                + (proxy.Enforcement == ProxyProtocolEnforcement.Observe ? ", only observed" : "");
            if (proxy.HealthCheckers.Count > 0)
            {
                yield return $"health checkers {Listed(proxy.HealthCheckers, most)}";
            }
        }

        if (listener.Toa is { } toa)
        {
            yield return $"TCP option from {Listed(toa.TrustedProxies, most)}";
        }

        if (listener.ForwardedHeaders is { } forwarded)
        {
            yield return forwarded.TrustedProxies is { } trusted
                ? $"X-Forwarded-For from {Listed(trusted, most)}"
                : $"X-Forwarded-For of {forwarded.TrustedHops} hops";
        }
    }

    private static string Listed(IReadOnlyList<string> networks, int most) =>
        networks.Count == 0 ? "nobody" : RouteText.Listed(networks, most);
}
