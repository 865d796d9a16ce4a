using Gateway.Tcp.Identification;

namespace Gateway.Tcp.SourceIp;

/// <summary>What the destination of an HTTP request learns of a client.</summary>
/// <param name="Client">The client.</param>
/// <param name="Tlvs">
/// The TLVs of the header, put together for the request; null: those that came with the client, as
/// <see cref="SourceIpModel.PassThroughTlvs"/> says.
/// </param>
public sealed record Announcement(ConnectionIdentity Client, ReadOnlyMemory<byte>? Tlvs = null);
