using System.Net;

namespace Gateway.Checks;

/// <summary>A destination that some route leads to.</summary>
/// <param name="KeyPath">Where the file says so.</param>
/// <param name="Host">Host name or address, without brackets.</param>
/// <param name="Port">1 to 65535.</param>
/// <param name="ConnectTimeout">Limit of one connect attempt.</param>
/// <param name="Users">Who leads to it, at least one.</param>
internal sealed record BackendTarget(string KeyPath, string Host, int Port, TimeSpan ConnectTimeout, IReadOnlyList<BackendUser> Users)
{
    /// <summary>The name that its certificate has to have; null: no TLS, or any certificate is taken.</summary>
    public string? CertificateName { get; init; }

    /// <summary>Its cluster is one of ReverseProxy: the source IP is a matter of Metadata.</summary>
    public bool IsHttp { get; init; }

    /// <summary>Health checks connect to it.</summary>
    public bool IsWatched { get; init; }

    /// <summary>Where diverted connections are taken to (OriginalPort); null: to what <see cref="Host"/> resolves to.</summary>
    public IReadOnlyList<IPAddress>? Loopback { get; init; }
}
