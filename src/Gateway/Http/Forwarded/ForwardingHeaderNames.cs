namespace Gateway.Http.Forwarded;

/// <summary>Their names on the wire.</summary>
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

    /// <summary>The header called <paramref name="name"/>, or None.</summary>
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
    /// Whether a header claims something about the client's way here: Forwarded, X-Real-IP or X-Forwarded-*, and X-Forwarded and
    /// Forwarded-For, which old code that looks for an address reads. Names are <see cref="FoldedName"/>s.
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
    /// Whether a header is one of those that the gateway appends to, sets or removes in any case: what came in it harms nobody.
    /// </summary>
    public static bool IsRewritten(string name) =>
        name.Equals(For, StringComparison.OrdinalIgnoreCase) || name.Equals(RealIp, StringComparison.OrdinalIgnoreCase)
        || name.Equals(Forwarded, StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// Whether a header is what Envoys tell each other: X-Envoy-*, of the client and of how to treat its request, and
    /// X-Forwarded-Client-Cert, who it is by its certificate. Nobody outside may say it (Envoy's edge removes it, too), and whoever stands
    /// behind an Envoy believes it.
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
