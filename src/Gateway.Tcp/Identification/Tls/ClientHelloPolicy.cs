using Gateway.Tcp.Configuration;

namespace Gateway.Tcp.Identification.Tls;

/// <summary>How a listener reads the ClientHello. Immutable; a connection keeps the policy that it was accepted under.</summary>
public sealed record ClientHelloPolicy
{
    /// <summary>The longest time until the ClientHello is complete.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>The longest ClientHello, with the TLS records around it.</summary>
    public required int MaxBytes { get; init; }

    /// <summary>How long a client that has sent nothing is waited for where it may do without a ClientHello.</summary>
    public TimeSpan SilenceWait { get; init; }

    /// <summary>What comes before the ClientHello.</summary>
    public StartTlsProtocol StartTls { get; init; }

    /// <summary>Whether it is read also where no route asks for names: the section was written, or TLS ends here.</summary>
    public bool IsAlwaysRead { get; init; }

    /// <summary>Whether TLS ends here: then nobody does without.</summary>
    public bool EndsTls { get; init; }

    /// <summary>Resolves a section.</summary>
    /// <param name="config">The section, validated; null: its defaults.</param>
    /// <param name="handshakeTimeout">The limit of a handshake that is to follow; null: TLS does not end here.</param>
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
