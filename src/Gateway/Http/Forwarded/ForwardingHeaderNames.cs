namespace Gateway.Http.Forwarded;

/// <summary>The names of the forwarding headers on the wire.</summary>
internal static class ForwardingHeaderNames
{
    public const string For = "X-Forwarded-For";
    public const string Proto = "X-Forwarded-Proto";
    public const string Host = "X-Forwarded-Host";
    public const string Prefix = "X-Forwarded-Prefix";
    public const string Port = "X-Forwarded-Port";
    public const string Forwarded = "Forwarded";
    public const string RealIp = "X-Real-IP";
    public const string EnvoyExternalAddress = "X-Envoy-External-Address";

    /// <summary>The header with this name, or None.</summary>
    public static ForwardingHeaders Find(string name) => name.ToUpperInvariant() switch
    {
        "X-FORWARDED-FOR" => ForwardingHeaders.For,
        "X-FORWARDED-PROTO" => ForwardingHeaders.Proto,
        "X-FORWARDED-HOST" => ForwardingHeaders.Host,
        "X-FORWARDED-PREFIX" => ForwardingHeaders.Prefix,
        "FORWARDED" => ForwardingHeaders.Forwarded,
        "X-REAL-IP" => ForwardingHeaders.RealIp,
        "CDN-LOOP" => ForwardingHeaders.Loop,
        _ => ForwardingHeaders.None,
    };

    /// <summary>
    /// Whether a header states something about the client or its way to the gateway: Forwarded, X-Real-IP, X-Forwarded-*; also X-Forwarded
    /// and Forwarded-For, because old code reads an address from them. Names are compared as <see cref="FoldedName"/>s.
    /// </summary>
    public static bool IsClaim(string name)
    {
        const string XForwarded = "X-Forwarded-";
        return name.Length switch
        {
            < 9 => false,
            9 => name[0] is 'F' or 'f' or 'X' or 'x' && (FoldedName.AreEqual(name, Forwarded) || FoldedName.AreEqual(name, RealIp)),
            11 => FoldedName.AreEqual(name, "X-Forwarded"),
            13 when name[0] is 'F' or 'f' => FoldedName.AreEqual(name, "Forwarded-For"),
            _ => name[0] is 'X' or 'x' && FoldedName.StartsWith(name, XForwarded),
        };
    }

    /// <summary>
    /// Whether the gateway always appends to, sets or removes this header. A forged value in such a header does no harm.
    /// </summary>
    public static bool IsRewritten(string name) =>
        name.Equals(For, StringComparison.OrdinalIgnoreCase) || name.Equals(RealIp, StringComparison.OrdinalIgnoreCase)
        || name.Equals(Forwarded, StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// Whether Envoys use this header between each other: X-Envoy-* describes the client and how to treat its request, and
    /// X-Forwarded-Client-Cert names the client by its certificate. Backends behind an Envoy trust these headers, so untrusted clients must
    /// not send them. Envoy's edge removes them, too.
    /// </summary>
    public static bool IsEnvoyClaim(string name)
    {
        const string XEnvoy = "X-Envoy-";
        const string ClientCertificate = "X-Forwarded-Client-Cert";
        return name.Length >= XEnvoy.Length && name[0] is 'X' or 'x' && name[2] switch
        {
            'E' or 'e' => FoldedName.StartsWith(name, XEnvoy),
            'F' or 'f' => FoldedName.AreEqual(name, ClientCertificate),
            _ => false,
        };
    }
}
