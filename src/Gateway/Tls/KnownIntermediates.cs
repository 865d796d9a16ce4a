using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Tls;

/// <summary>
/// Remembers the intermediate CAs that clients have sent with accepted certificates. A resumed session contains the client's certificate
/// without its intermediates, so that the chain could not be built up to a trusted CA without the remembered ones.
/// </summary>
internal sealed class KnownIntermediates
{
    // Only CAs that a trusted CA has signed are remembered, so there are few. The limit is for a CA that signs a new intermediate for every
    // client.
    private const int Most = 256;

    private readonly ConcurrentDictionary<string, X509Certificate2> _known = new();

    /// <summary>Remembers the certificates between the first and the last of an accepted chain.</summary>
    public void Remember(X509Chain chain)
    {
        for (var i = 1; i < chain.ChainElements.Count - 1 && _known.Count < Most; i++)
        {
            var certificate = chain.ChainElements[i].Certificate;
            if (!_known.ContainsKey(certificate.Thumbprint))
            {
                // Makes a copy, because the chain's own certificate is disposed of with the handshake.
                _known.TryAdd(certificate.Thumbprint, X509CertificateLoader.LoadCertificate(certificate.RawDataMemory.Span));
            }
        }
    }

    /// <summary>Makes a chain with the policy of another and the remembered intermediates. The caller disposes of the new chain.</summary>
    public X509Chain Extend(X509Chain chain)
    {
        var policy = chain.ChainPolicy.Clone();
        foreach (var certificate in _known.Values)
        {
            policy.ExtraStore.Add(certificate);
        }

        return new X509Chain { ChainPolicy = policy };
    }
}
