namespace Gateway.ProxyProtocol;

/// <summary>A parsed header: values and offsets into the input, nothing on the heap.</summary>
public readonly record struct ProxyHeader
{
    /// <summary>Version 1 or 2.</summary>
    public ProxyVersion Version { get; init; }

    /// <summary>LOCAL (also version 1's UNKNOWN) or PROXY.</summary>
    public ProxyCommand Command { get; init; }

    /// <summary>The address family; Unspecified for LOCAL, whose family is to be ignored.</summary>
    public ProxyAddressFamily Family { get; init; }

    /// <summary>The transport; Unspecified for LOCAL.</summary>
    public ProxyTransport Transport { get; init; }

    /// <summary>The client; meaningful only with <see cref="HasAddresses"/>.</summary>
    public ProxyEndPoint Source { get; init; }

    /// <summary>What the client connected to; meaningful only with <see cref="HasAddresses"/>. Never a place to connect to.</summary>
    public ProxyEndPoint Destination { get; init; }

    /// <summary>
    /// Whether <see cref="Source"/> and <see cref="Destination"/> hold: only for PROXY over IPv4 or IPv6 with transport STREAM. Otherwise
    /// (LOCAL, UNKNOWN, UNSPEC, UNIX, DGRAM) the connection's real endpoints count. Whether the source is plausible is
    /// <see cref="ProxyEndPoint.CanBeSource"/>.
    /// </summary>
    public bool HasAddresses { get; init; }

    /// <summary>The whole header in bytes: the payload begins there.</summary>
    public int Length { get; init; }

    /// <summary>Where the TLVs begin in the input, in bytes; equals <see cref="Length"/> if there are none.</summary>
    public int TlvOffset { get; init; }

    /// <summary>How long the TLV area is, in bytes; 0 if there is none. Read it with <see cref="ProxyTlvReader"/>.</summary>
    public int TlvLength { get; init; }

    /// <summary>Whether a CRC32C TLV was there (and matched, or the header would be invalid).</summary>
    public bool HasChecksum { get; init; }
}
