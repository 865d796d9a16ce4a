using Gateway.Tcp.Configuration;
using Gateway.Tcp.Routing;
using Gateway.Tcp.SourceIp;

namespace Gateway.Tcp.Rights;

/// <summary>
/// Finds at start the rights that transparent and marking routes need and that are missing. Without this check, each connection of these
/// routes would fail.
/// </summary>
internal static class TransparentRights
{
    /// <summary>One message for each route with a Mark, if this process may not set marks.</summary>
    public static IReadOnlyList<Finding> CheckMarks(TcpModel model, Func<bool> isPermitted) =>
        SourceRights.MissingForMarks(KeysOf(model, static sourceIp => sourceIp.Mark != 0, "Mark"), isPermitted);

    /// <summary>One message for each transparent route, with the cure, if the right for it is missing.</summary>
    public static IReadOnlyList<Finding> Check(TcpModel model, Func<bool> isPermitted) =>
        SourceRights.MissingForTransparent(
            KeysOf(model, static sourceIp => sourceIp.Mode == SourceIpMode.Transparent, "Mode"),
            isPermitted);

    private static IReadOnlyList<string> KeysOf(TcpModel model, Func<SourceIpModel, bool> wanted, string key) =>
        [
            .. model
                .Listeners.Values.SelectMany(static listener => listener.Routes)
                .Where(route => wanted(route.SourceIp))
                .Select(static route => route.Name)
                .Distinct()
                .Select(name => $"TcpProxy:Routes:{name}:SourceIp:{key}"),
        ];
}
