using Gateway.Tcp.Configuration;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Routing;

namespace Gateway.Tcp.Listening;

/// <summary>Puts in place what TCP options need, as soon as a configuration asks for it, or finds at start what is missing.</summary>
public static class ToaRights
{
    /// <summary>Whether the engine has to be enabled for these.</summary>
    public static bool Needs(OptionCarriers carriers) => (carriers & (OptionCarriers.Ack | OptionCarriers.Data)) != 0;

    /// <summary>One message per route and listener that needs what is missing, with the cure.</summary>
    /// <param name="model">What is to be in force.</param>
    /// <param name="httpListeners">HTTP listeners that need it.</param>
    /// <param name="enable">The engine's <see cref="ITcpEngine.EnableOptions"/>; not called when nobody needs it.</param>
    public static IReadOnlyList<string> Check(TcpModel model, IReadOnlyCollection<string> httpListeners, Func<string?> enable)
    {
        var routes = model.Listeners.Values.SelectMany(static listener => listener.Routes)
            .Where(static route => route.SourceIp.Mode == SourceIpMode.Toa)
            .Select(static route => route.Name)
            .Distinct()
            .ToList();
        var listeners = model.Listeners.Values
            .Where(static listener => Needs(listener.Toa?.Carriers ?? OptionCarriers.None))
            .Select(static listener => listener.Name)
            .Concat(httpListeners)
            .ToList();
        if ((routes.Count == 0 && listeners.Count == 0) || enable() is not { } problem)
        {
            return [];
        }

        return
        [
            .. routes.Select(route => $"TcpProxy:Routes:{route}:SourceIp:Mode: Toa {problem}"),
            .. listeners.Select(listener => $"Listeners:{listener}:Toa:Carriers: Ack and Data: reading them {problem}. "
                + "Or \"Carriers\": [\"Syn\"], if the proxies put the option into the SYN: that needs no right"),
        ];
    }
}
