namespace Gateway.Http;

/// <summary>
/// Headers that a hop which is not trusted may not send (<c>Listeners:NAME:ForwardedHeaders:Drop</c>): names, beginnings of names (<c>X-Envoy-*</c>), and <see cref="Known"/>.
/// Case does not matter, and underscores count as hyphens, since backends that put headers into environment variables (CGI, WSGI, Rack) cannot tell them apart.
/// </summary>
internal sealed class DroppedHeaders
{
    /// <summary>
    /// Stands for the headers of proxies and CDNs that backends are known to believe: of a client's address, of its certificate, and of the URL that it asked for.
    /// </summary>
    public const string Known = "Known";

    private static readonly string[] KnownNames =
    [
        "True-Client-IP", "X-Client-IP", "Client-IP", "X-Cluster-Client-IP", "X-Original-Forwarded-For", "X-Originating-IP", "X-Remote-IP", "X-Remote-Addr", "X-ProxyUser-IP",
        "CF-Connecting-IP", "CF-Connecting-IPv6", "CF-Pseudo-IPv4", "Fastly-Client-IP", "X-Azure-ClientIP", "X-Azure-SocketIP", "CloudFront-Viewer-Address", "X-AppEngine-User-IP",
        "Incap-Client-IP", "Ali-CDN-Real-IP", "CDN-Src-IP", "WL-Proxy-Client-IP", "Proxy-Client-IP", "X-Forwarded", "Forwarded-For", "X-Envoy-*",
        "Client-Cert", "Client-Cert-Chain", "X-Client-Cert", "X-Forwarded-Client-Cert", "Ssl-Client-Verify", "X-Ssl-Client-*",
        "X-Original-URL", "X-Original-Host", "X-Original-For", "X-Rewrite-URL",
    ];

    private readonly HashSet<string> _names = new(Folding.Instance);
    private readonly List<string> _beginnings = [];

    /// <summary>Makes the set.</summary>
    /// <param name="entries">As configured, validated.</param>
    public DroppedHeaders(IEnumerable<string> entries)
    {
        foreach (var entry in entries.SelectMany(static entry => entry.Equals(Known, StringComparison.OrdinalIgnoreCase) ? KnownNames : [entry]))
        {
            if (entry.EndsWith('*'))
            {
                _beginnings.Add(entry[..^1]);
            }
            else
            {
                _names.Add(entry);
            }
        }
    }

    /// <summary>Whether a header is one of them.</summary>
    public bool Contains(string name)
    {
        foreach (var beginning in _beginnings)
        {
            if (name.Length >= beginning.Length && Folding.AreEqual(name.AsSpan(0, beginning.Length), beginning))
            {
                return true;
            }
        }

        return _names.Contains(name);
    }

    private sealed class Folding : IEqualityComparer<string>
    {
        public static readonly Folding Instance = new();

        public bool Equals(string? x, string? y) => AreEqual(x, y);

        public int GetHashCode(string text)
        {
            var hash = new HashCode();
            foreach (var c in text)
            {
                hash.Add(Fold(c));
            }

            return hash.ToHashCode();
        }

        public static bool AreEqual(ReadOnlySpan<char> x, ReadOnlySpan<char> y)
        {
            if (x.Length != y.Length)
            {
                return false;
            }

            for (var i = 0; i < x.Length; i++)
            {
                if (Fold(x[i]) != Fold(y[i]))
                {
                    return false;
                }
            }

            return true;
        }

        private static char Fold(char c) => c == '_' ? '-' : char.ToLowerInvariant(c);
    }
}
