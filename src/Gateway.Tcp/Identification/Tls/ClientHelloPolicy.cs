using Gateway.Tcp.Configuration;

namespace Gateway.Tcp.Identification.Tls;

/// <summary>How a listener reads the ClientHello. Immutable; a connection keeps the policy that it was accepted under.</summary>
public sealed record ClientHelloPolicy
{
    /// <summary>The longest time until the ClientHello is complete.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>The longest ClientHello in bytes, with the headers of its TLS records.</summary>
    public required int MaxBytes { get; init; }

    /// <summary>How long the gateway waits for the first byte of a client that may be routed without a ClientHello.</summary>
    public TimeSpan SilenceWait { get; init; }

    /// <summary>The exchange before the ClientHello.</summary>
    public StartTlsProtocol StartTls { get; init; }

    /// <summary>
    /// Whether the ClientHello is read even if no route asks for names, because the section was written or TLS ends at this listener.
    /// </summary>
    public bool IsAlwaysRead { get; init; }

    /// <summary>Whether TLS ends at this listener, so that every client needs a ClientHello.</summary>
    public bool EndsTls { get; init; }

    /// <summary>Resolves a section.</summary>
    /// <param name="config">The validated section; null: its defaults.</param>
    /// <param name="handshakeTimeout">The limit of the handshake that follows; null: TLS does not end at this listener.</param>
    public static ClientHelloPolicy From(ClientHelloConfig? config, TimeSpan? handshakeTimeout = null)
    {
        var section = config ?? new ClientHelloConfig();
        return new ClientHelloPolicy
        {
            Timeout = handshakeTimeout ?? section.Timeout,
            MaxBytes = section.MaxBytes,
            SilenceWait = section.SilenceWait < section.Timeout ? section.SilenceWait : section.Timeout,
            StartTls = section.StartTls,
            IsAlwaysRead = config is not null || handshakeTimeout is not null,
            EndsTls = handshakeTimeout is not null,
        };
    }
}
