using System.Net.Security;

namespace Gateway.Tcp.Tls;

/// <summary>How TLS to the destinations of one cluster is begun.</summary>
public interface IClientTls
{
    /// <summary>The options of a handshake. On a <see cref="TlsStream"/> it tells what is wrong with a certificate.</summary>
    /// <param name="host">The destination's host as written, which is asked for where the configuration names no other.</param>
    SslClientAuthenticationOptions OptionsFor(string host);
}
