using Gateway.Tcp.Identification;

namespace Gateway.Tcp.SourceIp;

/// <summary>What the destination of an HTTP request learns about the client.</summary>
/// <param name="Client">The client.</param>
/// <param name="Tlvs">
/// The TLVs of the header, composed for this request; null: the TLVs that came with the client, filtered by
/// <see cref="SourceIpModel.PassThroughTlvs"/>.
/// </param>
public sealed record Announcement(ConnectionIdentity Client, ReadOnlyMemory<byte>? Tlvs = null);
