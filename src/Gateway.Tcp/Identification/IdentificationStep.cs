using Gateway.ProxyProtocol;

namespace Gateway.Tcp.Identification;

/// <summary>The decision of <see cref="HeaderIdentification"/>.</summary>
internal readonly record struct IdentificationStep
{
    /// <summary>What to do.</summary>
    public IdentificationAction Action { get; init; }

    /// <summary>With Wait: the longest wait, at least 1 ms.</summary>
    public TimeSpan Wait { get; init; }

    /// <summary>With Refuse: the reason.</summary>
    public IdentificationRefusal Refusal { get; init; }

    /// <summary>
    /// The reason for which the connection would be refused, if the policy did not only observe; None: the policy takes the connection.
    /// With any other value the peer is the client, whatever the header says.
    /// </summary>
    public IdentificationRefusal Observed { get; init; }

    /// <summary>With HeaderInvalid and HeaderTooLarge: the parser's error.</summary>
    public ProxyParseError ParseError { get; init; }

    /// <summary>The header, if <see cref="HasHeader"/>.</summary>
    public ProxyHeader Header { get; init; }

    /// <summary>Whether a header came.</summary>
    public bool HasHeader { get; init; }

    /// <summary>The version of the signature that came, even if the header was refused; null: no signature came.</summary>
    public ProxyVersion? Version { get; init; }

    /// <summary>The length of the header in the received bytes; the rest is payload and must be kept. 0 without a header.</summary>
    public int ConsumedBytes => HasHeader ? Header.Length : 0;

    /// <summary>
    /// With Identified: the refusal if a header still comes later. None: the first bytes have come and are not a header. Any other value:
    /// put a <see cref="FirstBytesGuard"/> in front of the backend.
    /// </summary>
    public IdentificationRefusal GuardAs { get; init; }
}
