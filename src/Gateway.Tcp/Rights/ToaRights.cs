using Gateway.Tcp.Configuration;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Identification.Toa;
using Gateway.Tcp.Routing;

namespace Gateway.Tcp.Rights;

/// <summary>Enables TCP options as soon as a configuration needs them, or finds at start what is missing.</summary>
internal static class ToaRights
{
    private const OptionCarriers BehindSyn = OptionCarriers.Ack | OptionCarriers.Data;

    /// <summary>One message for each route and listener that needs something that is missing, with the cure.</summary>
    /// <param name="model">The model that is to be in force.</param>
    /// <param name="listeners">The Toa sections of all listeners that have one, by the listeners' names.</param>
    /// <param name="enable">Enables TCP options (<see cref="ITcpOptions.Enable"/>); not called if no route or listener needs them.</param>
    /// <param name="warn">Called for each listener that falls back to the SYN alone, with the reason.</param>
    public static IReadOnlyList<Finding> Check(
        TcpModel model, IReadOnlyDictionary<string, ToaConfig> listeners, Func<string?> enable, Action<string, string> warn)
    {
        var routes = model.Listeners.Values.SelectMany(static listener => listener.Routes)
            .Where(static route => route.SourceIp.Mode == SourceIpMode.Toa)
            .Select(static route => route.Name)
            .Distinct()
            .ToList();
        var readers = listeners.Where(static listener => (ToaPolicy.CarriersOf(listener.Value) & BehindSyn) != 0).ToList();
        if ((routes.Count == 0 && readers.Count == 0) || enable() is not { } problem)
        {
            return [];
        }

        foreach (var (listener, _) in readers.Where(static reader => reader.Value.Carriers is null))
        {
            warn(listener, problem);
        }

        return
        [
            .. routes.Select(route => new Finding($"TcpProxy:Routes:{route}:SourceIp:Mode", $"Toa {problem}")),
            .. readers.Where(static reader => reader.Value.Carriers is not null)
                .Select(reader => new Finding(
                    $"Listeners:{reader.Key}:Toa:Carriers",
                    $"Ack and Data: reading them {problem}",
                    "Or \"Carriers\": [\"Syn\"], if the proxies put the option into the SYN: that needs no right")),
        ];
    }
}
