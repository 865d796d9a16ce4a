using System.Net.Security;

namespace Gateway.Tcp.Tls;

/// <summary>How one listener ends TLS: certificates by server name. It outlives what it holds: files that change are read again.</summary>
public interface IServerTls
{
    /// <summary>The longest handshake.</summary>
    TimeSpan HandshakeTimeout { get; }

    /// <summary>
    /// The options of a handshake: which certificate, whether one is asked for, versions, ALPN. The same object each time as long as
    /// nothing has changed, since sessions are resumed within it.
    /// </summary>
    /// <param name="serverName">The name that the client asks for; empty: none.</param>
    /// <returns>Null: no certificate is for this name, and there is no default.</returns>
    SslServerAuthenticationOptions? OptionsFor(string serverName);
}
