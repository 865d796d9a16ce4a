using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Testing.Certificates;

/// <summary>A CA of a test: it issues certificates and revocation lists as PEM.</summary>
public sealed class TestAuthority : IDisposable
{
    private const string ServerAuth = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuth = "1.3.6.1.5.5.7.3.2";

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _certificate;
    private int _serial = 0x1000;
    private int _list;

    /// <summary>Makes a root, or a CA below another.</summary>
    public TestAuthority(string name, TestAuthority? parent = null)
    {
        var request = new CertificateRequest($"CN={name}", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        var (from, until) = (DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddYears(1));
        if (parent is null)
        {
            _certificate = request.CreateSelfSigned(from, until);
        }
        else
        {
            using var bare = request.Create(parent._certificate, from, until.AddDays(-1), parent.NextSerial());
            _certificate = bare.CopyWithPrivateKey(_key);
        }
    }

    /// <summary>Its certificate.</summary>
    public string Pem => _certificate.ExportCertificatePem();

    /// <summary>Its key.</summary>
    public string KeyPem => _key.ExportPkcs8PrivateKeyPem();

    /// <summary>Trusts it and nobody else.</summary>
    public X509ChainPolicy CreatePolicy()
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPem(Pem);
        return policy;
    }

    /// <summary>Issues a certificate for DNS names; without any, one with the subject alone.</summary>
    /// <param name="subject">The common name.</param>
    /// <param name="names">DNS names.</param>
    public TestCertificate Issue(string subject, params string[] names) => Issue(subject, names, null);

    /// <summary>The same that ends at a time, and may say where OCSP answers for it are.</summary>
    public TestCertificate Issue(string subject, IReadOnlyList<string> names, DateTimeOffset? until, bool rsa = false, Uri? ocsp = null)
    {
        using var ecdsa = rsa ? null : ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var modulus = rsa ? RSA.Create(2048) : null;
        var request = rsa
            ? new CertificateRequest($"CN={subject}", modulus!, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest($"CN={subject}", ecdsa!, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(ServerAuth), new Oid(ClientAuth)], critical: false));
        if (ocsp is not null)
        {
            request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension([ocsp.AbsoluteUri], []));
        }

        if (names.Count > 0)
        {
            var alternatives = new SubjectAlternativeNameBuilder();
            foreach (var name in names)
            {
                alternatives.AddDnsName(name);
            }

            request.CertificateExtensions.Add(alternatives.Build());
        }

        var end = until ?? DateTimeOffset.UtcNow.AddDays(90);
        var from = end < DateTimeOffset.UtcNow ? end.AddDays(-1) : DateTimeOffset.UtcNow.AddHours(-1);
        using var certificate = request.Create(
            _certificate.SubjectName,
            X509SignatureGenerator.CreateForECDsa(_key),
            from,
            end,
            NextSerial());
        return new TestCertificate(
            certificate.ExportCertificatePem(),
            rsa ? modulus!.ExportPkcs8PrivateKeyPem() : ecdsa!.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>A list of what it has revoked.</summary>
    /// <param name="revoked">The certificates.</param>
    /// <param name="nextUpdate">When the next list is due.</param>
    /// <param name="thisUpdate">When this one was made.</param>
    public string Revoke(IEnumerable<TestCertificate> revoked, DateTimeOffset? nextUpdate = null, DateTimeOffset? thisUpdate = null)
    {
        var list = new CertificateRevocationListBuilder();
        foreach (var one in revoked)
        {
            using var certificate = X509Certificate2.CreateFromPem(one.Certificate);
            list.AddEntry(certificate);
        }

        var der = list.Build(
            _certificate,
            ++_list,
            nextUpdate ?? DateTimeOffset.UtcNow.AddDays(7),
            HashAlgorithmName.SHA256,
            thisUpdate: thisUpdate ?? DateTimeOffset.UtcNow.AddDays(-1));
        return PemEncoding.WriteString("X509 CRL", der);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _certificate.Dispose();
        _key.Dispose();
    }

    private byte[] NextSerial() => [0x01, (byte)(++_serial >> 8), (byte)_serial];
}
