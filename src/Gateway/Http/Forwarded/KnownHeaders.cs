namespace Gateway.Http.Forwarded;

/// <summary>
/// The headers that proxies, CDNs and frameworks are known to set and backends are known to believe (<c>Known</c> in
/// <c>ForwardedHeaders:Drop</c> and <c>ForwardedHeaders:TrustedHeaders</c>).
/// </summary>
internal static class KnownHeaders
{
    /// <summary>The entry in the configuration that stands for all known headers.</summary>
    public const string Word = "Known";

    /// <summary>Names, and beginnings of names.</summary>
    private static readonly string[] Names =
    [
        // The client's address, in general.
        "True-Client-IP",
        "X-True-Client-IP",
        "X-Client-IP",
        "X-Client-Port",
        "Client-IP",
        "X-Cluster-Client-IP",
        "X-Real-Client-IP",
        "X-Original-Forwarded-For",
        "X-Originating-IP",
        "X-Remote-IP",
        "X-Remote-Addr",
        "Remote-Addr",
        "X-ProxyUser-IP",
        "X-Forwarded",
        "Forwarded-For",
        // Headers of CDNs and clouds.
        "CF-Connecting-IP",
        "CF-Connecting-IPv6",
        "CF-Pseudo-IPv4",
        "CF-Visitor",
        "CF-Access-*",
        "Fastly-Client-IP",
        "Fastly-Client",
        "Fastly-SSL",
        "X-Azure-*",
        "CloudFront-Viewer-*",
        "CloudFront-Forwarded-Proto",
        "X-AppEngine-*",
        "X-Goog-Authenticated-User-*",
        "X-Goog-IAP-*",
        "X-Amzn-Oidc-*",
        "X-Amzn-Mtls-*",
        "X-Akamai-*",
        "Incap-Client-IP",
        "X-Sucuri-ClientIP",
        "Ali-CDN-Real-IP",
        "CDN-Src-IP",
        "EO-Client-IP",
        "EO-Connecting-IP",
        "X-EC-Client-IP",
        "Fly-*",
        "X-Vercel-*",
        "X-NF-Client-Connection-IP",
        "X-ARR-*",
        "X-AppService-Proto",
        "X-WAWS-Unencoded-URL",
        "X-MS-Client-Principal",
        "X-MS-Client-Principal-*",
        "WL-Proxy-*",
        "Proxy-Client-IP",
        "X-Envoy-*",
        "Tailscale-User-*",
        // The client's certificate and TLS.
        "Client-Cert",
        "Client-Cert-*",
        "X-Client-Cert",
        "X-Client-Cert-*",
        "X-Client-Certificate",
        "X-Client-DN",
        "X-Client-Verify",
        "X-Forwarded-Client-Cert",
        "Ssl-Client-*",
        "X-Ssl-*",
        "X-Tls-Client-*",
        "Front-End-Https",
        "X-Https",
        "X-Scheme",
        "X-Url-Scheme",
        // The user.
        "Remote-User",
        "Remote-Groups",
        "Remote-Name",
        "Remote-Email",
        "X-Remote-User",
        "X-Remote-Group",
        "X-Remote-Extra-*",
        "X-WebAuth-*",
        "X-Auth-Request-*",
        "X-Authenticated-*",
        "X-Authentik-*",
        "X-Pomerium-*",
        // Headers that change the request, or that reach internals of a server.
        "X-Original-*",
        "X-Rewrite-URL",
        "X-Host",
        "X-HTTP-Host-Override",
        "X-Script-Name",
        "X-Middleware-Subrequest",
        "X-Sendfile-Type",
        "X-Accel-Mapping",
        "Proxy",
    ];

    /// <summary>The configured entries, with the word replaced by all known headers.</summary>
    public static IEnumerable<string> Expand(IEnumerable<string> entries) =>
        entries.SelectMany(static entry => IsWord(entry) ? Names : [entry]);

    /// <summary>Whether an entry is the word.</summary>
    public static bool IsWord(string entry) => entry.Equals(Word, StringComparison.OrdinalIgnoreCase);
}
