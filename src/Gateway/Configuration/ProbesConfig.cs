using Gateway.Tcp.Configuration;

namespace Gateway.Configuration;

/// <summary>The listener for health probes and metrics (<c>Probes</c>).</summary>
public sealed record ProbesConfig
{
    /// <summary>The address, in the form of <see cref="ListenerConfig.Address"/>. Required.</summary>
    public string? Address { get; init; }

    /// <summary>The same as <see cref="ListenerConfig.ProxyProtocol"/>.</summary>
    public ProxyProtocolConfig? ProxyProtocol { get; init; }

    /// <summary>Further conditions for <c>/healthz/ready</c> to answer 200. Defaults to null: none.</summary>
    public ReadyWhenConfig? ReadyWhen { get; init; }
}
