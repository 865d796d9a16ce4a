using System.Text.Json;
using Gateway.Configuration.Loading;
using Gateway.Observability;
using Gateway.Snapshots;
using Gateway.Tcp;

namespace Gateway.Admin.Api;

/// <summary><c>/api/config</c>: which configuration is in force. <c>/api/status</c>: the state of the process in one look.</summary>
internal sealed class ConfigResource(
    ConfigSource source,
    GatewayRuntime runtime,
    ConfigStatus status,
    ConfigMetrics metrics,
    LiveList live,
    AdminToken token,
    TcpDataPlane tcp,
    TimeProvider time)
{
    /// <summary>Writes the configuration's state.</summary>
    public void WriteConfig(Utf8JsonWriter json)
    {
        WriteVersion(json);
        json.WriteStartObject("sources");
        foreach (var (entry, owner) in runtime.Current.Origins.OrderBy(static origin => origin.Key, StringComparer.Ordinal))
        {
            json.WriteString(entry, owner);
        }

        json.WriteEndObject();
    }

    /// <summary>Writes the state of the process.</summary>
    public void WriteStatus(Utf8JsonWriter json)
    {
        var (relayed, http, forwarded) = live.Count();
        json.WriteString("gateway", GatewayVersion.Text);
        json.WriteString("engine", tcp.EngineName);
        ApiTime.Write(json, "at", time.GetUtcNow());
        ApiTime.Write(json, "startedAt", status.StartedAt);
        json.WriteBoolean("readOnly", !token.IsConfigured);
        json.WriteBoolean("draining", tcp.Live.IsDraining);
        json.WriteStartObject("connections");
        json.WriteNumber("tcp", relayed);
        json.WriteNumber("http", http);
        json.WriteNumber("dnat", forwarded);
        json.WriteEndObject();
        json.WriteStartObject("config");
        WriteVersion(json);
        json.WriteEndObject();
    }

    private void WriteVersion(Utf8JsonWriter json)
    {
        var (config, state) = (runtime.Current.Config, status.Current);
        json.WriteString("file", source.Path);
        json.WriteNumber("version", state.Version);
        json.WriteNumber("changes", runtime.Changes);
        ApiTime.Write(json, "loadedAt", state.LoadedAt);
        json.WriteString("lastError", state.LastError);
        ApiTime.Write(json, "lastErrorAt", state.LastErrorAt);
        json.WriteString("sha256", state.Sha256.Value);
        json.WriteBoolean("restartRequired", metrics.IsRestartRequired);
        json.WriteNumber("listeners", config.Listeners.Count);
        json.WriteNumber("tcpRoutes", config.TcpProxy.Routes.Count);
        json.WriteNumber("httpRoutes", config.ReverseProxy.Routes.Count);
    }
}
