using System.Collections.Frozen;
using Gateway.Configuration;
using Gateway.Configuration.Loading;
using Gateway.Http.Listeners;
using Gateway.Listeners;
using Gateway.Tcp.AccessLogs;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Dnat;
using Gateway.Tcp.Routing;
using Gateway.Tls;

namespace Gateway.Snapshots;

/// <summary>All models of one valid configuration. A snapshot is built completely before it comes into force as a whole.</summary>
internal sealed record GatewaySnapshot
{
    public required GatewayConfig Config { get; init; }

    public required IReadOnlyList<ListenerPlan> Listeners { get; init; }

    public required TcpModel Tcp { get; init; }

    /// <summary>The routes whose connections the kernel forwards.</summary>
    public required DnatModel Dnat { get; init; }

    /// <summary>The TLS settings of listeners and clusters. Their files are read when the snapshot is applied.</summary>
    public TlsModel Tls { get; init; } = TlsModel.None;

    /// <summary>The Services of Kubernetes that are destinations.</summary>
    public IReadOnlySet<ServiceAddress> Services { get; init; } = FrozenSet<ServiceAddress>.Empty;

    /// <summary>The access rules and limits of every listener; null for a listener without any.</summary>
    public required IReadOnlyDictionary<string, AdmissionRules?> Admissions { get; init; }

    /// <summary>The models of the HTTP listeners, Probes and Admin included.</summary>
    public required IReadOnlyList<HttpListenerModel> Http { get; init; }

    /// <summary>What the access log writes.</summary>
    public required AccessLogRules AccessLog { get; init; }

    /// <summary>The objects of a cluster from which entries come, by key path (<see cref="ConfigResult.Origins"/>).</summary>
    public IReadOnlyDictionary<string, string> Origins { get; init; } = new Dictionary<string, string>();

    /// <summary>The section <c>Logging</c>, flattened.</summary>
    public required IReadOnlyDictionary<string, string?> Logging { get; init; }

    /// <summary>Where an entry comes from: <c>file</c>, or an object of a cluster.</summary>
    /// <param name="path">The key path of the entry.</param>
    public string SourceOf(string path) => Origins.GetValueOrDefault(path) ?? "file";
}
