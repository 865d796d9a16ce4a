using Gateway.Tcp.Configuration;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Identification.Toa;
using Gateway.Tcp.Routing;

namespace Gateway.Tcp;

/// <summary>Puts in place what TCP options need, as soon as a configuration asks for it, or finds at start what is missing.</summary>
internal static class ToaRights
{
    private const OptionCarriers BehindSyn = OptionCarriers.Ack | OptionCarriers.Data;

    /// <summary>One message per route and listener that needs what is missing, with the cure.</summary>
    /// <param name="model">What is to be in force.</param>
    /// <param name="listeners">The Toa sections of all listeners that have one, by the listeners' names.</param>
    /// <param name="enable">Whether the engine can (<see cref="ITcpOptions.Enable"/>); not called when nobody needs it.</param>
    /// <param name="warn">Told of each listener that will do with the SYN alone, and why.</param>
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
