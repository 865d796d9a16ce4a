namespace Gateway.Linux.Bpf;

/// <summary>Segments whose options the program keeps.</summary>
[Flags]
internal enum ToaSegments : byte
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>The last ACK of the handshake.</summary>
    Ack = 1,

    /// <summary>The first segment with payload.</summary>
    Data = 2,
}
