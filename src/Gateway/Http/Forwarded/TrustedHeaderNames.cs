namespace Gateway.Http.Forwarded;

/// <summary>
/// How <c>ForwardedHeaders:TrustedHeaders</c> is written: words for X-Forwarded-*, <see cref="KnownHeaders.Word"/>, names and beginnings of
/// names.
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

    /// <summary>Header names and beginnings of names.</summary>
    /// <param name="entries">As configured.</param>
    public static IEnumerable<string> Expand(IEnumerable<string> entries) =>
        KnownHeaders.Expand(entries.Select(static entry => Words.GetValueOrDefault(entry, entry)));
}
