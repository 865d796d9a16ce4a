using Gateway.Tcp.Identification;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Pipeline;

/// <summary>The access-log fields about TLS, for TCP and HTTP.</summary>
public static class TlsFields
{
    /// <summary>
    /// The fields, which come after all other fields; empty if nothing is known about TLS. Text from clients is quoted and limited in
    /// length.
    /// </summary>
    public static string Of(ConnectionIdentity? identity)
    {
        if (identity is null or { Hello: null, Tls: null })
        {
            return "";
        }

        var alpn = identity.Tls is { } ended ? ended.Alpn : string.Join(',', identity.Hello!.Alpn);
        return $" sni={Text(identity.Hello?.ServerName)} alpn={Text(alpn)}"
            + (identity.Tls is { } tls ? $" tls={tls.Version} cipher={tls.Cipher} cn={Text(tls.ClientName)}" : "");
    }

    private static string Text(string? value) => string.IsNullOrEmpty(value) ? "-" : LogText.Value(value);
}
