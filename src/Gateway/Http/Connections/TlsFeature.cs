using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Gateway.Tcp.Tls;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Gateway.Http.Connections;

/// <summary>Tells the server that the connection uses TLS (for the scheme), and which HTTP version ALPN chose.</summary>
internal sealed class TlsFeature(TlsStream stream)
    : ITlsConnectionFeature, ITlsApplicationProtocolFeature, ITlsHandshakeFeature
{
    /// <inheritdoc/>
    public X509Certificate2? ClientCertificate { get; set; } = stream.RemoteCertificate as X509Certificate2;

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> ApplicationProtocol { get; } = stream.NegotiatedApplicationProtocol.Protocol;

    /// <inheritdoc/>
    public SslProtocols Protocol { get; } = stream.SslProtocol;

    /// <inheritdoc/>
    public System.Net.Security.TlsCipherSuite? NegotiatedCipherSuite { get; } = stream.NegotiatedCipherSuite;

#pragma warning disable SYSLIB0058 // The interface requires these members; the cipher suite contains the same information.
    /// <inheritdoc/>
    public CipherAlgorithmType CipherAlgorithm => CipherAlgorithmType.None;

    /// <inheritdoc/>
    public int CipherStrength => 0;

    /// <inheritdoc/>
    public HashAlgorithmType HashAlgorithm => HashAlgorithmType.None;

    /// <inheritdoc/>
    public int HashStrength => 0;

    /// <inheritdoc/>
    public ExchangeAlgorithmType KeyExchangeAlgorithm => ExchangeAlgorithmType.None;

    /// <inheritdoc/>
    public int KeyExchangeStrength => 0;
#pragma warning restore SYSLIB0058

    /// <inheritdoc/>
    public Task<X509Certificate2?> GetClientCertificateAsync(CancellationToken cancellationToken) => Task.FromResult(ClientCertificate);
}
