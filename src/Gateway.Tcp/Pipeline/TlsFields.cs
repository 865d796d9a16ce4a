using Gateway.Tcp.Identification;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Pipeline;

/// <summary>The fields of the access log that tell of TLS, in both planes.</summary>
public static class TlsFields
{
    /// <summary>The fields, to stand behind all others; empty where TLS is not known of. What clients sent is quoted and capped.</summary>
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
