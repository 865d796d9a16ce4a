using System.Net.Security;

namespace Gateway.Tcp.Tls;

/// <summary>How the gateway begins TLS to the destinations of one cluster.</summary>
public interface IClientTls
{
    /// <summary>
    /// The options of a handshake. If the handshake runs on a <see cref="TlsStream"/>, a problem with the certificate is stored in that
    /// stream.
    /// </summary>
    /// <param name="host">
    /// The destination's host as the configuration writes it. It is the requested server name unless the configuration sets another name.
    /// </param>
    SslClientAuthenticationOptions OptionsFor(string host);
}
