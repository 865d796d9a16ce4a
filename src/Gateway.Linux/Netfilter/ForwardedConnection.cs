using System.Net;

namespace Gateway.Linux.Netfilter;

/// <summary>A live TCP connection whose destination the kernel has rewritten.</summary>
/// <param name="Id">The number that conntrack gave; 0: none.</param>
/// <param name="Client">The client.</param>
/// <param name="Destination">The address that the client connected to.</param>
/// <param name="Backend">The address to which the kernel sent the connection.</param>
/// <param name="FromClient">Bytes of packets from the client; null: the kernel does not count (net.netfilter.nf_conntrack_acct).</param>
/// <param name="ToClient">Bytes of packets to the client; null: the kernel does not count.</param>
/// <param name="StartedAt">When it began; null: the kernel does not note it (net.netfilter.nf_conntrack_timestamp).</param>
internal readonly record struct ForwardedConnection(
    uint Id, IPEndPoint Client, IPEndPoint Destination, IPEndPoint Backend, long? FromClient, long? ToClient, DateTimeOffset? StartedAt);
