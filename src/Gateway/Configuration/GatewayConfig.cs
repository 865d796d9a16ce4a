using System.Text.Json;
using Gateway.Tcp.Configuration;

namespace Gateway.Configuration;

/// <summary>The whole configuration file, as written, with defaults filled in.</summary>
public sealed record GatewayConfig
{
    /// <summary>Named CIDR lists. Every other CIDR list may contain these names.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Networks { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>Listeners by name.</summary>
    public IReadOnlyDictionary<string, ListenerConfig> Listeners { get; init; } = new Dictionary<string, ListenerConfig>();

    /// <summary>TCP routes and clusters.</summary>
    public TcpProxyConfig TcpProxy { get; init; } = new();

    /// <summary>YARP's routes and clusters.</summary>
    public ReverseProxyConfig ReverseProxy { get; init; } = new();

    /// <summary>Limits of the whole process.</summary>
    public LimitsConfig Limits { get; init; } = new();

    /// <summary>The self-test of the running gateway.</summary>
    public ChecksConfig Checks { get; init; } = new();

    /// <summary>How the process stops.</summary>
    public ShutdownConfig Shutdown { get; init; } = new();

    /// <summary>How a new process takes the place of this process. Defaults to null: it does not.</summary>
    public HandoverConfig? Handover { get; init; }

    /// <summary>Where the API server of Kubernetes is. Defaults to null: where a pod finds it.</summary>
    public KubernetesConfig? Kubernetes { get; init; }

    /// <summary>The lines of connections and requests.</summary>
    public AccessLogConfig AccessLog { get; init; } = new();

    /// <summary>Traces of TCP connections.</summary>
    public TracingConfig Tracing { get; init; } = new();

    /// <summary>The listener for probes and metrics. Defaults to null: none.</summary>
    public ProbesConfig? Probes { get; init; }

    /// <summary>The admin listener. Defaults to 127.0.0.1:9901; null: none.</summary>
    public AdminConfig? Admin { get; init; } = new();

    /// <summary>The section <c>Logging</c>, as in ASP.NET Core.</summary>
    public JsonElement? Logging { get; init; }
}
