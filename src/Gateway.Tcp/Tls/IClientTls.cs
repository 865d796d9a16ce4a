using System.Net.Security;

namespace Gateway.Tcp.Tls;

/// <summary>How TLS to the destinations of one cluster is begun.</summary>
public interface IClientTls
{
    /// <summary>The options of a handshake.</summary>
    /// <param name="host">The destination's host as written, which is asked for where the configuration names no other.</param>
    SslClientAuthenticationOptions OptionsFor(string host);

    /// <summary>What is wrong with the certificate that a failed handshake was about: <c>name</c>, <c>untrusted</c>, <c>expired</c>.</summary>
    /// <param name="failed">What the handshake threw.</param>
    /// <returns>Null: something else failed.</returns>
    string? Describe(Exception failed);
}
