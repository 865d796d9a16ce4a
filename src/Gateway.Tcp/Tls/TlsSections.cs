using Gateway.Tcp.Configuration;

namespace Gateway.Tcp.Tls;

/// <summary>The TLS settings of a configuration, by listener and by cluster.</summary>
public sealed record TlsSections
{
    /// <summary>No TLS anywhere.</summary>
    public static TlsSections None { get; } = new();

    /// <summary>The ClientHello sections of the Tcp listeners that have one.</summary>
    public IReadOnlyDictionary<string, ClientHelloConfig> ClientHellos { get; init; } = new Dictionary<string, ClientHelloConfig>();

    /// <summary>How Tls listeners end TLS.</summary>
    public IReadOnlyDictionary<string, IServerTls> Servers { get; init; } = new Dictionary<string, IServerTls>();

    /// <summary>How the gateway begins TLS to clusters.</summary>
    public IReadOnlyDictionary<string, IClientTls> Clients { get; init; } = new Dictionary<string, IClientTls>();
}
