using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Testing.Certificates;
using Gateway.Tls;

namespace Gateway.Tests.Tls;

/// <summary>Revocation lists: what they revoke, and which are not taken at all.</summary>
public sealed class RevocationListTests : IDisposable
{
    private readonly TestAuthority _authority = new("Test CA");

    public void Dispose() => _authority.Dispose();

    [Fact]
    public void Parse_ListOfTheCa_RevokesWhatItNames()
    {
        var (good, bad) = (_authority.Issue("good"), _authority.Issue("bad"));

        Assert.Null(RevocationLists.Parse(_authority.Revoke([bad]), Authorities(), out var lists));

        Assert.Null(lists!.Refuse(ChainOf(good), DateTimeOffset.UtcNow));
        Assert.Contains("is revoked", lists.Refuse(ChainOf(bad), DateTimeOffset.UtcNow)?.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_TwoListsOfOneCa_TheNewerCounts()
    {
        var certificate = _authority.Issue("once bad");
        var older = _authority.Revoke([certificate], thisUpdate: DateTimeOffset.UtcNow.AddDays(-2));
        var newer = _authority.Revoke([]);

        foreach (var text in new[] { older + "\n" + newer, newer + "\n" + older })
        {
            Assert.Null(RevocationLists.Parse(text, Authorities(), out var lists));
            Assert.Null(lists!.Refuse(ChainOf(certificate), DateTimeOffset.UtcNow));
        }
    }

    [Fact]
    public void Refuse_OldList_RefusesEverybody()
    {
        var good = _authority.Issue("good");
        Assert.Null(RevocationLists.Parse(_authority.Revoke([], DateTimeOffset.UtcNow.AddMinutes(1)), Authorities(), out var lists));

        Assert.Null(lists!.Refuse(ChainOf(good), DateTimeOffset.UtcNow));
        Assert.Contains("is old", lists.Refuse(ChainOf(good), DateTimeOffset.UtcNow.AddHours(1))?.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuse_IssuerWithoutAList_RefusesItsCertificates()
    {
        using var other = new TestAuthority("Other CA");
        var authorities = Authorities();
        authorities.ImportFromPem(other.Pem);
        Assert.Null(RevocationLists.Parse(_authority.Revoke([]), authorities, out var lists));

        Assert.Contains(
            "no revocation list",
            lists!.Refuse(ChainOf(other.Issue("client"), other), DateTimeOffset.UtcNow)?.Detail,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_ForgedOrForeign_IsRefused()
    {
        using var impostor = new TestAuthority("Test CA");
        using var stranger = new TestAuthority("Stranger");

        Assert.Contains("signature", RevocationLists.Parse(impostor.Revoke([]), Authorities(), out _), StringComparison.Ordinal);
        Assert.Contains(
            "not by a CA of CaPath",
            RevocationLists.Parse(stranger.Revoke([]), Authorities(), out _),
            StringComparison.Ordinal);
        Assert.Contains("no revocation list", RevocationLists.Parse(_authority.Pem, Authorities(), out _), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_AnyByteChanged_ThrowsNothingAndIsNeverTaken()
    {
        var revoked = _authority.Issue("bad");
        var pem = _authority.Revoke([revoked]);
        var der = Convert.FromBase64String(pem[PemEncoding.Find(pem).Base64Data]);
        Assert.Null(RevocationList.Read(der, Authorities(), out _));

        for (var i = 0; i < der.Length; i++)
        {
            var changed = (byte[])der.Clone();
            changed[i] ^= 0x21;
            Assert.NotNull(RevocationList.Read(changed, Authorities(), out _));
            Assert.NotNull(RevocationList.Read(der[..i], Authorities(), out _));
        }
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    [InlineData(4, false)]
    public void Parse_IssuingDistributionPoint_IsTakenIfItNarrowsNothing(int part, bool isTaken)
    {
        var problem = RevocationLists.Parse(PartOfAList(part), OwnAuthority, out _);

        Assert.Equal(isTaken, problem is null);
    }

    private X509Certificate2Collection Authorities()
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPem(_authority.Pem);
        return authorities;
    }

    private X509ChainElementCollection ChainOf(TestCertificate certificate, TestAuthority? authority = null)
    {
        var chain = new X509Chain
        {
            ChainPolicy = { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck },
        };
        chain.ChainPolicy.CustomTrustStore.ImportFromPem((authority ?? _authority).Pem);
        Assert.True(chain.Build(X509Certificate2.CreateFromPem(certificate.Certificate)));
        return chain.ChainElements;
    }

    private static readonly ECDsa OwnKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private static readonly X509Certificate2Collection OwnAuthority =
    [
        new CertificateRequest("CN=Own", OwnKey, HashAlgorithmName.SHA256).CreateSelfSigned(
            DateTimeOffset.UtcNow,
            DateTimeOffset.UtcNow.AddDays(1)),
    ];

    // RFC 5280, 5.1 and 5.2.5; .NET writes no such extension.
    private static string PartOfAList(int part)
    {
        var signed = new AsnWriter(AsnEncodingRules.DER);
        using (signed.PushSequence())
        {
            signed.WriteInteger(1);
            WriteAlgorithm(signed);
            signed.WriteEncodedValue(OwnAuthority[0].SubjectName.RawData);
            signed.WriteUtcTime(DateTimeOffset.UtcNow);
            signed.WriteUtcTime(DateTimeOffset.UtcNow.AddDays(1));
            using (signed.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
            using (signed.PushSequence())
            using (signed.PushSequence())
            {
                signed.WriteObjectIdentifier("2.5.29.28");
                signed.WriteBoolean(true);
                var point = new AsnWriter(AsnEncodingRules.DER);
                using (point.PushSequence())
                {
                    point.WriteOctetString([0xFF], new Asn1Tag(TagClass.ContextSpecific, part));
                }

                signed.WriteOctetString(point.Encode());
            }
        }

        var list = new AsnWriter(AsnEncodingRules.DER);
        using (list.PushSequence())
        {
            list.WriteEncodedValue(signed.Encode());
            WriteAlgorithm(list);
            list.WriteBitString(OwnKey.SignData(signed.Encode(), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
        }

        return PemEncoding.WriteString("X509 CRL", list.Encode());
    }

    private static void WriteAlgorithm(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier("1.2.840.10045.4.3.2");
        }
    }
}
