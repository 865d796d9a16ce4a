using System.Net;
using Gateway.Tcp.SourceIp;

namespace Gateway.Checks;

/// <summary>A TCP route or an HTTP cluster that uses a destination.</summary>
/// <param name="KeyPath">The key path of its source IP mode in the file.</param>
/// <param name="SourceIp">How the destination learns the client's address.</param>
/// <param name="Clients">The networks of its clients; empty: any.</param>
internal sealed record BackendUser(string KeyPath, SourceIpModel SourceIp, IReadOnlyList<IPNetwork> Clients)
{
    /// <summary>The greatest length in bytes of the PROXY header with TLVs that is sent; 0: the header has no TLVs.</summary>
    public int HeaderBytes { get; init; }
}
