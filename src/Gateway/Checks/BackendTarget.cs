using System.Net;
using Gateway.Tls;

namespace Gateway.Checks;

/// <summary>A destination that at least one route leads to.</summary>
/// <param name="KeyPath">The key path of the destination in the file.</param>
/// <param name="Host">Host name or address, without brackets.</param>
/// <param name="Port">1 to 65535.</param>
/// <param name="ConnectTimeout">The time limit of one connect attempt.</param>
/// <param name="Users">The routes or clusters that lead to the destination, at least one.</param>
internal sealed record BackendTarget(string KeyPath, string Host, int Port, TimeSpan ConnectTimeout, IReadOnlyList<BackendUser> Users)
{
    /// <summary>The name that the destination's certificate must have; null: no TLS, or any certificate is accepted.</summary>
    public string? CertificateName { get; init; }

    /// <summary>What the cluster shows and trusts; null: nothing of its own.</summary>
    public ClientTls? Tls { get; init; }

    /// <summary>The cluster is in ReverseProxy, so its source IP settings are in Metadata.</summary>
    public bool IsHttp { get; init; }

    /// <summary>Active health checks connect to the destination.</summary>
    public bool IsWatched { get; init; }

    /// <summary>
    /// The loopback addresses for diverted connections (cluster type OriginalPort); null: the addresses that <see cref="Host"/> resolves
    /// to.
    /// </summary>
    public IReadOnlyList<IPAddress>? Loopback { get; init; }
}
