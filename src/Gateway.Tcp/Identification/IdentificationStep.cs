using Gateway.ProxyProtocol;

namespace Gateway.Tcp.Identification;

/// <summary>The answer of <see cref="HeaderIdentification"/>.</summary>
internal readonly record struct IdentificationStep
{
    /// <summary>What to do.</summary>
    public IdentificationAction Action { get; init; }

    /// <summary>With Wait: how long at most, at least 1 ms.</summary>
    public TimeSpan Wait { get; init; }

    /// <summary>With Refuse: why.</summary>
    public IdentificationRefusal Refusal { get; init; }

    /// <summary>With HeaderInvalid and HeaderTooLarge: what the parser found.</summary>
    public ProxyParseError ParseError { get; init; }

    /// <summary>The header, if <see cref="HasHeader"/>.</summary>
    public ProxyHeader Header { get; init; }

    /// <summary>Whether a header came.</summary>
    public bool HasHeader { get; init; }

    /// <summary>The version whose signature came, whatever became of it; null: none.</summary>
    public ProxyVersion? Version { get; init; }

    /// <summary>How many of the bytes were the header; the rest is payload and must be kept. 0 without a header.</summary>
    public int ConsumedBytes => HasHeader ? Header.Length : 0;

    /// <summary>
    /// With Identified: what it is called when a header still comes. None: the first bytes have been seen and are none. Anything else: put
    /// a <see cref="FirstBytesGuard"/> in front of the backend.
    /// </summary>
    public IdentificationRefusal GuardAs { get; init; }
}
