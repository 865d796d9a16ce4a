using Gateway.Tcp.Configuration;
using Gateway.Tcp.Routing;
using Gateway.Tcp.SourceIp;

namespace Gateway.Tcp;

/// <summary>Finds at start what transparent routes would otherwise fail at with every connection.</summary>
internal static class TransparentRights
{
    /// <summary>One message per route whose connections are to be marked, if this process may not.</summary>
    public static IReadOnlyList<Finding> CheckMarks(TcpModel model, Func<bool> isPermitted) =>
        SourceRights.MissingForMarks(KeysOf(model, static sourceIp => sourceIp.Mark != 0, "Mark"), isPermitted);

    /// <summary>One message per route that needs a right which is missing, with the cure.</summary>
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
