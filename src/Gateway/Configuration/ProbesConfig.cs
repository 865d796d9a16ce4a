using Gateway.Tcp.Configuration;

namespace Gateway.Configuration;

/// <summary>The probes' listener (<c>Probes</c>).</summary>
public sealed record ProbesConfig
{
    /// <summary>As <see cref="ListenerConfig.Address"/>. Required.</summary>
    public string? Address { get; init; }

    /// <summary>As <see cref="ListenerConfig.ProxyProtocol"/>.</summary>
    public ProxyProtocolConfig? ProxyProtocol { get; init; }

    /// <summary>What must hold besides for <c>/healthz/ready</c> to be 200. Defaults to null: nothing.</summary>
    public ReadyWhenConfig? ReadyWhen { get; init; }
}
