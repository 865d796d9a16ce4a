using System.Globalization;
using System.Text;

namespace Gateway.ProxyProtocol;

/// <summary>
/// One value of the SSL TLV, as text for a header: the client's TLS and certificate, as the sender knows them. The content of a certificate
/// is passed on only if the client showed the certificate and the sender verified it, because a backend takes such a name for verified.
/// </summary>
/// <remarks>
/// Specification, section 2.2.6; the words of <c>SslVerify</c> are nginx's (<c>$ssl_client_verify</c>), the form of <c>SslClientCert</c> is
/// RFC 9440's.
/// </remarks>
public sealed class ProxySslField
{
    // Most servers refuse longer header lines.
    private const int MaxTextLength = 255;
    private const int MaxCertificateLength = 6000;

    private static readonly ProxySslField[] Known =
    [
        .. ProxyTlvRegistry.InSsl.Select(static entry => new ProxySslField(entry.Name, entry.Type)),
    ];

    private readonly ProxyTlvType _type;

    private ProxySslField(string name, ProxyTlvType type) => (Name, _type) = (name, type);

    /// <summary>All names, for messages.</summary>
    public static IEnumerable<string> Names => Known.Select(static known => known.Name);

    /// <summary>The name of the field.</summary>
    public string Name { get; }

    /// <summary>Finds a field by name, in any case.</summary>
    public static bool TryParse(string? name, out ProxySslField field)
    {
        field = Array.Find(Known, known => known.Name.Equals(name, StringComparison.OrdinalIgnoreCase))!;
        return field is not null;
    }

    /// <summary>Finds the value of the field.</summary>
    /// <param name="tlvs">The TLV area of the header.</param>
    /// <param name="text">
    /// Printable ASCII: the TLS version, the cipher, <c>SUCCESS</c>, <c>FAILED:N</c> or <c>NONE</c>, the common name, or the certificate as
    /// <c>:BASE64:</c>.
    /// </param>
    /// <returns>
    /// False if the value is missing, malformed, too long or not printable, or comes from a certificate that was not verified.
    /// </returns>
    public bool TryFind(ReadOnlySpan<byte> tlvs, out string text)
    {
        text = "";
        if (!ProxyTlvReader.TryFind(tlvs, ProxyTlvType.Ssl, out var value)
            || !ProxySslTlv.TryParse(value, out var ssl)
            || !ssl.Client.HasFlag(ProxySslClient.Tls))
        {
            return false;
        }

        var hasCertificate = (ssl.Client & (ProxySslClient.CertificateOnConnection | ProxySslClient.CertificateInSession)) != 0;
        switch (_type)
        {
            case ProxyTlvType.Ssl:
                text =
                    !hasCertificate ? "NONE"
                    : ssl.Verify == 0 ? "SUCCESS"
                    : string.Create(CultureInfo.InvariantCulture, $"FAILED:{ssl.Verify}");
                return true;
            case ProxyTlvType.SslClientCertificate:
                if (!hasCertificate
                    || ssl.Verify != 0
                    || !ProxyTlvReader.TryFind(ssl.SubTlvs, _type, out var der)
                    || der.IsEmpty
                    || der.Length > MaxCertificateLength)
                {
                    return false;
                }

                text = $":{Convert.ToBase64String(der)}:";
                return true;
            case ProxyTlvType.SslCommonName when !hasCertificate || ssl.Verify != 0:
                return false;
            default:
                return ProxyTlvReader.TryFind(ssl.SubTlvs, _type, out var name) && TryDecode(name, out text);
        }
    }

    // Common names may contain blanks. Blanks at the ends are refused, because a header would lose them, and a reader would see another
    // name.
    private static bool TryDecode(ReadOnlySpan<byte> value, out string text)
    {
        text = "";
        if (value.IsEmpty
            || value.Length > MaxTextLength
            || value.ContainsAnyExceptInRange((byte)' ', (byte)'~')
            || value[0] == ' '
            || value[^1] == ' ')
        {
            return false;
        }

        text = Encoding.ASCII.GetString(value);
        return true;
    }
}
