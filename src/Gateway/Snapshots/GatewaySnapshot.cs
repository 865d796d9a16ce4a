using Gateway.Configuration;
using Gateway.Http.Listeners;
using Gateway.Listeners;
using Gateway.Tcp.Dnat;
using Gateway.Tcp.Routing;
using Gateway.Tls;

namespace Gateway.Snapshots;

/// <summary>Everything that one good configuration file means, built whole and swapped whole.</summary>
internal sealed record GatewaySnapshot
{
    public required GatewayConfig Config { get; init; }

    public required IReadOnlyList<ListenerPlan> Listeners { get; init; }

    public required TcpModel Tcp { get; init; }

    /// <summary>What of it the kernel forwards.</summary>
    public required DnatModel Dnat { get; init; }

    /// <summary>How TLS is ended and begun; its files are read when the snapshot is applied.</summary>
    public TlsModel Tls { get; init; } = TlsModel.None;

    /// <summary>What each HTTP listener does, Probes and Admin included.</summary>
    public required IReadOnlyList<HttpListenerModel> Http { get; init; }

    /// <summary>The section <c>Logging</c>, flattened.</summary>
    public required IReadOnlyDictionary<string, string?> Logging { get; init; }
}
