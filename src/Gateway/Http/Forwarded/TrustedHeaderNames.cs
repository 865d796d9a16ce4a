namespace Gateway.Http.Forwarded;

/// <summary>
/// The entries of <c>ForwardedHeaders:TrustedHeaders</c>: short words for X-Forwarded-*, <see cref="KnownHeaders.Word"/>, header names and
/// beginnings of names.
/// </summary>
internal static class TrustedHeaderNames
{
    private static readonly Dictionary<string, string> Words = new(StringComparer.OrdinalIgnoreCase)
    {
        ["For"] = ForwardingHeaderNames.For,
        ["Proto"] = ForwardingHeaderNames.Proto,
        ["Port"] = ForwardingHeaderNames.Port,
        ["Host"] = ForwardingHeaderNames.Host,
        ["Prefix"] = ForwardingHeaderNames.Prefix,
    };

    /// <summary>Replaces the words by header names and beginnings of names.</summary>
    /// <param name="entries">The configured entries.</param>
    public static IEnumerable<string> Expand(IEnumerable<string> entries) =>
        KnownHeaders.Expand(entries.Select(static entry => Words.GetValueOrDefault(entry, entry)));
}
