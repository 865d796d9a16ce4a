using Gateway.Configuration;
using Gateway.Tcp.AccessLogs;

namespace Gateway.Snapshots;

/// <summary>Builds the rules of the access log from a valid configuration.</summary>
internal static class AccessLogBuilder
{
    /// <summary>The rules.</summary>
    public static AccessLogRules Build(GatewayConfig config) => new(
        config.AccessLog.Start,
        config.AccessLog.Interval,
        config.AccessLog.Fields?.Select(static name => AccessField.Find(name)!).ToArray(),
        config.Listeners.Where(static listener => listener.Value.AccessLog is not (null or { Enabled: true, Sample: >= 1 }))
            .ToDictionary(
                static listener => listener.Key,
                static listener => new ListenerAccessLog(listener.Value.AccessLog!.Enabled, listener.Value.AccessLog.Sample)));
}
