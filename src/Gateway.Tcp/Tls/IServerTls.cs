using System.Net.Security;

namespace Gateway.Tcp.Tls;

/// <summary>
/// How one listener ends TLS: certificates by server name. The object lives longer than the certificates in it, because changed files are
/// read again.
/// </summary>
public interface IServerTls
{
    /// <summary>The longest handshake.</summary>
    TimeSpan HandshakeTimeout { get; }

    /// <summary>
    /// The options of a handshake: the certificate, whether the client needs a certificate, versions, ALPN. Returns the same object until
    /// something changes, because a session can be resumed only with the same object.
    /// </summary>
    /// <param name="serverName">The name that the client asks for; empty: the client asks for no name.</param>
    /// <returns>Null: no certificate fits this name, and there is no default certificate.</returns>
    SslServerAuthenticationOptions? OptionsFor(string serverName);
}
