using System.Net;
using Gateway.Tcp.SourceIp;

namespace Gateway.Checks;

/// <summary>A TCP route or an HTTP cluster, as one of its destinations sees it.</summary>
/// <param name="KeyPath">Where the file says how the source IP is kept.</param>
/// <param name="SourceIp">How.</param>
/// <param name="Clients">Networks of its clients; empty: any.</param>
internal sealed record BackendUser(string KeyPath, SourceIpModel SourceIp, IReadOnlyList<IPNetwork> Clients)
{
    /// <summary>How long the header with TLVs may become that is sent, in bytes; 0: it has none.</summary>
    public int HeaderBytes { get; init; }
}
