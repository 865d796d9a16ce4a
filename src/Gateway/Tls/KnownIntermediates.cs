using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Tls;

/// <summary>
/// The intermediate CAs that clients have shown with certificates that were taken. A session that is taken up again brings the client's
/// certificate and nothing above it, and without these its chain would end at nobody.
/// </summary>
internal sealed class KnownIntermediates
{
    // Only CAs that a trusted CA has signed get in here: few. The limit is for a CA that signs a new one for every client.
    private const int Most = 256;

    private readonly ConcurrentDictionary<string, X509Certificate2> _known = new();

    /// <summary>Remembers what is between the first and the last certificate of a chain that was taken.</summary>
    public void Remember(X509Chain chain)
    {
        for (var i = 1; i < chain.ChainElements.Count - 1 && _known.Count < Most; i++)
        {
            var certificate = chain.ChainElements[i].Certificate;
            if (!_known.ContainsKey(certificate.Thumbprint))
            {
                // The chain's own is disposed of with the handshake.
                _known.TryAdd(certificate.Thumbprint, X509CertificateLoader.LoadCertificate(certificate.RawDataMemory.Span));
            }
        }
    }

    /// <summary>Makes a chain by the rules of another with these as well. The caller disposes of it.</summary>
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
