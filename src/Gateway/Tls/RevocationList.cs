using System.Collections.Frozen;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Tls;

/// <summary>One certificate revocation list: CertificateList of RFC 5280, section 5.1.</summary>
internal sealed class RevocationList
{
    private const string IssuingDistributionPoint = "2.5.29.28";

    private readonly FrozenSet<string> _serials;

    private RevocationList(string issuer, DateTimeOffset thisUpdate, DateTimeOffset? nextUpdate, IEnumerable<string> serials)
    {
        (Issuer, ThisUpdate, NextUpdate) = (issuer, thisUpdate, nextUpdate);
        _serials = serials.ToFrozenSet(StringComparer.Ordinal);
    }

    /// <summary>The issuer, in the form of <see cref="KeyOf"/>.</summary>
    public string Issuer { get; }

    /// <summary>When the list was issued.</summary>
    public DateTimeOffset ThisUpdate { get; }

    /// <summary>When the next list is due; null: the list does not say.</summary>
    public DateTimeOffset? NextUpdate { get; }

    /// <summary>A key that tells issuers apart.</summary>
    public static string KeyOf(X500DistinguishedName name) => Convert.ToHexString(name.RawData);

    /// <summary>Whether the list has the serial number of a certificate.</summary>
    public bool Revokes(ReadOnlySpan<byte> serial) => _serials.Contains(Convert.ToHexString(serial));

    /// <summary>Reads a list and checks its signature.</summary>
    /// <param name="der">The list, in DER.</param>
    /// <param name="authorities">The CAs of which one must have signed the list.</param>
    /// <param name="list">The list.</param>
    /// <returns>The problem; null: there is none.</returns>
    public static string? Read(byte[] der, X509Certificate2Collection authorities, out RevocationList? list)
    {
        list = null;
        try
        {
            var whole = new AsnReader(der, AsnEncodingRules.DER).ReadSequence();
            var signed = whole.PeekEncodedValue();
            var content = whole.ReadSequence();
            var algorithm = whole.ReadEncodedValue();
            var signature = whole.ReadBitString(out _);
            if (content.PeekTag().HasSameClassAndValue(Asn1Tag.Integer))
            {
                content.ReadIntegerBytes();
            }

            content.ReadEncodedValue();
            var issuer = new X500DistinguishedName(content.ReadEncodedValue().Span);
            var signers = authorities.Where(authority => KeyOf(authority.SubjectName) == KeyOf(issuer)).ToList();
            if (signers.Count == 0)
            {
                return $"the revocation list of {issuer.Name} is not by a CA of CaPath. Add that CA there, or remove the list";
            }

            if (!signers.Exists(signer => CrlSignature.Verifies(signer, signed, algorithm, signature)))
            {
                return $"the signature of the revocation list of {issuer.Name} is not its CA's, or its algorithm is not supported "
                    + "(RSA with PKCS #1 and ECDSA, with SHA-256 and longer)";
            }

            return ReadContent(content, issuer, out list);
        }
        catch (Exception problem) when (problem is AsnContentException or CryptographicException)
        {
            return $"a revocation list in the file cannot be read: {problem.Message}";
        }
    }

    private static string? ReadContent(AsnReader content, X500DistinguishedName issuer, out RevocationList? list)
    {
        list = null;
        var thisUpdate = ReadTime(content);
        DateTimeOffset? nextUpdate = content.HasData && IsTime(content.PeekTag()) ? ReadTime(content) : null;
        var serials = new List<string>();
        if (content.HasData && content.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence))
        {
            for (var entries = content.ReadSequence(); entries.HasData;)
            {
                var entry = entries.ReadSequence();
                serials.Add(Convert.ToHexString(entry.ReadIntegerBytes().Span));
                ReadTime(entry);
                if (entry.HasData && FindCritical(entry.ReadSequence()) is { } ofEntry)
                {
                    return $"the revocation list of {issuer.Name} has the critical extension {ofEntry} in an entry, which is not supported";
                }
            }
        }

        if (content.HasData
            && content.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0)) is var tagged
            && FindCritical(tagged.ReadSequence()) is { } critical)
        {
            return $"the revocation list of {issuer.Name} has the critical extension {critical}, which is not supported: "
                + "write one complete list of the CA";
        }

        list = new RevocationList(KeyOf(issuer), thisUpdate, nextUpdate, serials);
        return null;
    }

    // Finds a critical extension that narrows the list: to some of the certificates, to changes since another list (delta), or to the
    // certificates of other CAs.
    private static string? FindCritical(AsnReader extensions)
    {
        while (extensions.HasData)
        {
            var extension = extensions.ReadSequence();
            var oid = extension.ReadObjectIdentifier();
            var isCritical = extension.PeekTag().HasSameClassAndValue(Asn1Tag.Boolean) && extension.ReadBoolean();
            if (isCritical && !(oid == IssuingDistributionPoint && IsAboutAll(extension.ReadOctetString())))
            {
                return oid;
            }
        }

        return null;
    }

    // RFC 5280, section 5.2.5: the field [0] says where the list can be downloaded, which is allowed. The fields [1] to [5] narrow the
    // list, which is not.
    private static bool IsAboutAll(byte[] distributionPoint)
    {
        for (var parts = new AsnReader(distributionPoint, AsnEncodingRules.DER).ReadSequence(); parts.HasData; parts.ReadEncodedValue())
        {
            if (parts.PeekTag().TagValue != 0)
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsTime(Asn1Tag tag) =>
        tag.HasSameClassAndValue(Asn1Tag.UtcTime) || tag.HasSameClassAndValue(Asn1Tag.GeneralizedTime);

    private static DateTimeOffset ReadTime(AsnReader reader) =>
        reader.PeekTag().HasSameClassAndValue(Asn1Tag.UtcTime) ? reader.ReadUtcTime() : reader.ReadGeneralizedTime();
}
