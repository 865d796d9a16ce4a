using System.Collections.Frozen;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Tls;

/// <summary>
/// The certificate revocation lists of some CAs (RFC 5280, section 5). .NET takes lists on Linux only from its own download cache, so they
/// are read here.
/// </summary>
internal sealed class RevocationLists
{
    private readonly FrozenDictionary<string, RevocationList> _byIssuer;

    private RevocationLists(IEnumerable<RevocationList> lists) =>
        _byIssuer = lists.ToFrozenDictionary(static list => list.Issuer, StringComparer.Ordinal);

    /// <summary>When the first of them ends; null: none does.</summary>
    public DateTimeOffset? FirstEnd => _byIssuer.Values.Min(static list => list.NextUpdate);

    /// <summary>Reads lists and checks that each is signed by one of the CAs.</summary>
    /// <param name="text">PEM.</param>
    /// <param name="authorities">The CAs.</param>
    /// <param name="lists">The lists.</param>
    /// <returns>What is wrong; null: nothing.</returns>
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

                // The newest of an issuer's lists counts, whatever the order.
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
    /// Why a certificate of a chain is not taken: it is revoked, or nobody knows whether it is, since its issuer has no list or an old one.
    /// Null: it is taken.
    /// </summary>
    public (string Word, string Detail)? Refuse(X509ChainElementCollection chain, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(chain);
        // The root is trusted because the file names it.
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

    /// <summary>For the log.</summary>
    public string Describe() => FirstEnd is { } end ? $"until {Text(end)}" : "without an end";

    private static string Text(DateTimeOffset time) => time.ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture);
}
