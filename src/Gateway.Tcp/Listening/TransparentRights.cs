using Gateway.Tcp.Configuration;
using Gateway.Tcp.Routing;

namespace Gateway.Tcp.Listening;

/// <summary>Finds at start what transparent routes would otherwise fail at with every connection.</summary>
internal static class TransparentRights
{
    /// <summary>One message per route whose connections are to be marked, if this process may not.</summary>
    public static IReadOnlyList<string> CheckMarks(TcpModel model, Func<bool> isPermitted)
    {
        var routes = model.Listeners.Values.SelectMany(static listener => listener.Routes)
            .Where(static route => route.SourceIp.Mark != 0)
            .Select(static route => route.Name)
            .Distinct()
            .ToList();
        if (routes.Count == 0 || isPermitted())
        {
            return [];
        }

        var cure = OperatingSystem.IsLinux() ? "needs the capability NET_ADMIN (or, since Linux 5.17, NET_RAW)" : "is available on Linux only";
        return [.. routes.Select(route => $"TcpProxy:Routes:{route}:SourceIp:Mark: marking connections {cure}")];
    }

    /// <summary>One message per route that needs a right which is missing, with the cure.</summary>
    public static IReadOnlyList<string> Check(TcpModel model, Func<bool> isPermitted)
    {
        var routes = model.Listeners.Values.SelectMany(static listener => listener.Routes)
            .Where(static route => route.SourceIp.Mode == SourceIpMode.Transparent)
            .Select(static route => route.Name)
            .Distinct()
            .ToList();
        if (routes.Count == 0 || isPermitted())
        {
            return [];
        }

        var cure = OperatingSystem.IsLinux()
            ? "needs the capability NET_RAW (or NET_ADMIN), and this process has neither. "
                + "Kubernetes: securityContext: runAsUser: 0, runAsNonRoot: false, capabilities: drop: [\"ALL\"], add: [\"NET_RAW\"]; Docker: --user 0 --cap-drop ALL --cap-add NET_RAW "
                + "(added capabilities are given to root only); systemd: AmbientCapabilities=CAP_NET_RAW; "
                + "a shell: setpriv --inh-caps +net_raw --ambient-caps +net_raw Gateway run"
            : "is available on Linux only";
        return [.. routes.Select(route => $"TcpProxy:Routes:{route}:SourceIp:Mode: Transparent {cure}")];
    }
}
