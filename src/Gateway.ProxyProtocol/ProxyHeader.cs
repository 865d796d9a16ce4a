namespace Gateway.ProxyProtocol;

/// <summary>A parsed header: values, and offsets into the input. Nothing is on the heap.</summary>
public readonly record struct ProxyHeader
{
    /// <summary>Version 1 or 2.</summary>
    public ProxyVersion Version { get; init; }

    /// <summary>LOCAL (also version 1's UNKNOWN) or PROXY.</summary>
    public ProxyCommand Command { get; init; }

    /// <summary>The address family; Unspecified for LOCAL, because its family must be ignored.</summary>
    public ProxyAddressFamily Family { get; init; }

    /// <summary>The transport; Unspecified for LOCAL.</summary>
    public ProxyTransport Transport { get; init; }

    /// <summary>The client; meaningful only with <see cref="HasAddresses"/>.</summary>
    public ProxyEndPoint Source { get; init; }

    /// <summary>
    /// The endpoint that the client connected to; meaningful only with <see cref="HasAddresses"/>. The gateway must never connect to it.
    /// </summary>
    public ProxyEndPoint Destination { get; init; }

    /// <summary>
    /// Whether <see cref="Source"/> and <see cref="Destination"/> are valid: only for PROXY over IPv4 or IPv6 with transport STREAM.
    /// Otherwise (LOCAL, UNKNOWN, UNSPEC, UNIX, DGRAM) the connection's real endpoints count. <see cref="ProxyEndPoint.CanBeSource"/> says
    /// whether the source is plausible.
    /// </summary>
    public bool HasAddresses { get; init; }

    /// <summary>The length of the whole header in bytes: the payload begins at this offset.</summary>
    public int Length { get; init; }

    /// <summary>The offset of the TLVs in the input, in bytes; equals <see cref="Length"/> if there are none.</summary>
    public int TlvOffset { get; init; }

    /// <summary>The length of the TLV area, in bytes; 0 if there is none. Read the area with <see cref="ProxyTlvReader"/>.</summary>
    public int TlvLength { get; init; }

    /// <summary>Whether the header has a CRC32C TLV. It matches, because otherwise the header would be invalid.</summary>
    public bool HasChecksum { get; init; }
}
