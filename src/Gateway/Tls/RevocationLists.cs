using System.Collections.Frozen;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Tls;

/// <summary>
/// The certificate revocation lists of some CAs (RFC 5280, section 5). The gateway parses the lists itself, because .NET on Linux takes
/// lists only from its own download cache.
/// </summary>
internal sealed class RevocationLists
{
    private readonly FrozenDictionary<string, RevocationList> _byIssuer;

    private RevocationLists(IEnumerable<RevocationList> lists) =>
        _byIssuer = lists.ToFrozenDictionary(static list => list.Issuer, StringComparer.Ordinal);

    /// <summary>The earliest time at which one of the lists ends; null: no list has an end.</summary>
    public DateTimeOffset? FirstEnd => _byIssuer.Values.Min(static list => list.NextUpdate);

    /// <summary>Reads lists and checks that each is signed by one of the CAs.</summary>
    /// <param name="text">The lists, in PEM.</param>
    /// <param name="authorities">The CAs.</param>
    /// <param name="lists">The lists.</param>
    /// <returns>The problem; null: there is none.</returns>
    public static string? Parse(string text, X509Certificate2Collection authorities, out RevocationLists? lists)
    {
        lists = null;
        var found = new Dictionary<string, RevocationList>(StringComparer.Ordinal);
        ReadOnlySpan<char> rest = text;
        while (PemEncoding.TryFind(rest, out var fields))
        {
            if (rest[fields.Label] is "X509 CRL")
            {
                var der = Convert.FromBase64String(rest[fields.Base64Data].ToString());
                if (RevocationList.Read(der, authorities, out var list) is { } wrong)
                {
                    return wrong;
                }

                // Of several lists of one issuer, the newest counts, whatever their order in the file.
                if (!found.TryGetValue(list!.Issuer, out var other) || other.ThisUpdate < list.ThisUpdate)
                {
                    found[list.Issuer] = list;
                }
            }

            rest = rest[fields.Location.End..];
        }

        if (found.Count == 0)
        {
            return "the file has no revocation list (-----BEGIN X509 CRL-----)";
        }

        lists = new RevocationLists(found.Values);
        return null;
    }

    /// <summary>
    /// Why a certificate of a chain is refused: the certificate is revoked, or its state is unknown, because its issuer has no list or only
    /// an outdated one. Null: no certificate is refused.
    /// </summary>
    public (string Word, string Detail)? Refuse(X509ChainElementCollection chain, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(chain);
        // Skips the root, which is trusted because the file of CAs contains it.
        for (var i = 0; i < chain.Count - 1; i++)
        {
            var certificate = chain[i].Certificate;
            if (!_byIssuer.TryGetValue(RevocationList.KeyOf(certificate.IssuerName), out var list))
            {
                return ("revoked", $"there is no revocation list of {certificate.Issuer} in CrlPath");
            }

            if (list.NextUpdate < now)
            {
                return ("revoked", $"the revocation list of {certificate.Issuer} is old: it ended on {Text(list.NextUpdate.Value)}");
            }

            if (list.Revokes(certificate.SerialNumberBytes.Span))
            {
                return ("revoked", $"{certificate.Subject} (serial {certificate.SerialNumber}) is revoked");
            }
        }

        return null;
    }

    /// <summary>A short description for the log.</summary>
    public string Describe() => FirstEnd is { } end ? $"until {Text(end)}" : "without an end";

    private static string Text(DateTimeOffset time) => time.ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture);
}
