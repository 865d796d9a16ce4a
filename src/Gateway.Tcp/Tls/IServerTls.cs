using System.Net.Security;
using Gateway.Tcp.Identification.Tls;

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
    /// <param name="ecdsa">The curves for which the client takes an ECDSA certificate, where there is one beside another kind.</param>
    /// <returns>Null: no certificate fits this name, and there is no default certificate.</returns>
    SslServerAuthenticationOptions? OptionsFor(string serverName, EcdsaCurves ecdsa = EcdsaCurves.All);
}
