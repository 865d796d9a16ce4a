using System.Text.RegularExpressions;
using Gateway.Configuration.Reading;
using Gateway.Http;

namespace Gateway.Configuration.Validation;

/// <summary>X-Forwarded-For trust of Http listeners: by CIDRs or by number of hops, not both; and headers that nobody else may send.</summary>
internal sealed partial class ForwardedHeadersTopic : IConfigTopic
{
    // More proxies than this in front of one gateway are a typing error.
    private const int MaxHops = 32;

    // Without these a request is another one, or none.
    private static readonly string[] Kept =
    [
        "Host", "Connection", "Keep-Alive", "Upgrade", "TE", "Trailer", "Transfer-Encoding", "Content-Length", "Content-Type", "Content-Encoding", "Expect", "Range", "Accept",
        "Accept-Encoding", "Cookie", "Authorization", "Origin", "User-Agent", "If-None-Match", "Sec-WebSocket-Key", "Sec-WebSocket-Version", "Sec-WebSocket-Protocol", "grpc-timeout",
    ];

    private static readonly string[] Governed = ["X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Prefix", "Forwarded", "X-Real-IP"];

    /// <inheritdoc/>
    public void Validate(ValidationContext context)
    {
        foreach (var (name, listener) in context.Config.Listeners)
        {
            if (listener.ForwardedHeaders is { } headers)
                Validate(context, $"Listeners:{name}:ForwardedHeaders", headers);
        }
    }

    private static void Validate(ValidationContext context, string path, ForwardedHeadersConfig headers)
    {
        if (headers.TrustedProxies is not null && headers.TrustedHops is not null)
            context.Issues.Error(path, null, "TrustedProxies and TrustedHops exclude each other; keep one");
        if (headers is { TrustedProxies: null, TrustedHops: null, Drop.Count: 0, EnvoyExternalAddress: false } && !context.Written.ContainsKey($"{path}:Untrusted"))
            context.Issues.Error(path, null, "says nothing: set TrustedProxies, TrustedHops, Untrusted, Drop or EnvoyExternalAddress, or remove it");
        for (var i = 0; i < headers.Drop.Count; i++)
        {
            if (headers.Drop[i] is { } entry && Problem(entry) is { } problem)
                context.Issues.Error(KeyPath.Join($"{path}:Drop", i), ConfigIssue.Quote(entry), problem);
        }

        if (headers.TrustedHops is { } hops)
            Range.Check(context, $"{path}:TrustedHops", hops, 1, MaxHops);
        if (headers.TrustedProxies is not { } proxies)
            return;
        if (proxies.Count == 0)
            context.Issues.Error($"{path}:TrustedProxies", "[]", "must not be empty: leave it out to trust nobody");
        foreach (var network in Cidr.Expand(proxies, context.Config.Networks).Where(network => network.PrefixLength == 0))
            context.Issues.Warning($"{path}:TrustedProxies", $"\"{network}\"", "everybody may claim any client address; name the proxies' networks");
    }

    private static string? Problem(string entry)
    {
        if (entry.Equals(DroppedHeaders.Known, StringComparison.OrdinalIgnoreCase))
            return null;
        if (!HeaderName().IsMatch(entry))
            return "must be a header's name, the beginning of some as X-Envoy-*, or Known";
        var drops = new DroppedHeaders([entry]);
        return Kept.FirstOrDefault(drops.Contains) is { } kept
            ? $"would drop {kept}, which requests need"
            : Governed.FirstOrDefault(drops.Contains) is { } governed ? $"would drop {governed}: X-Forwarded-*, Forwarded and X-Real-IP are the business of Untrusted" : null;
    }

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9_-]*\\*?$")]
    private static partial Regex HeaderName();
}
