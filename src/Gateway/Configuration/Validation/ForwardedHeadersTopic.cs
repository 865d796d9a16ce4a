using System.Text.RegularExpressions;
using Gateway.Configuration.Reading;
using Gateway.Http.Forwarded;

namespace Gateway.Configuration.Validation;

/// <summary>
/// Checks which X-Forwarded-* headers Http listeners trust: trusted hops by CIDRs, by number, or both; the headers that are trusted from
/// such a hop; and the headers that are removed from all other clients.
/// </summary>
internal sealed partial class ForwardedHeadersTopic : IConfigTopic
{
    // More proxies than this in front of one gateway are most likely a typing error.
    private const int MaxHops = 32;

    // Headers that must not be dropped, because without them a request would have another meaning or be invalid.
    private static readonly string[] Kept =
    [
        "Host",
        "Connection",
        "Keep-Alive",
        "Upgrade",
        "TE",
        "Trailer",
        "Transfer-Encoding",
        "Content-Length",
        "Content-Type",
        "Content-Encoding",
        "Expect",
        "Range",
        "Accept",
        "Accept-Encoding",
        "Cookie",
        "Authorization",
        "Origin",
        "User-Agent",
        "If-None-Match",
        "Sec-WebSocket-Key",
        "Sec-WebSocket-Version",
        "Sec-WebSocket-Protocol",
        "grpc-timeout",
    ];

    private static readonly string[] Governed =
    [
        "X-Forwarded-For",
        "X-Forwarded-Proto",
        "X-Forwarded-Host",
        "X-Forwarded-Prefix",
        "Forwarded",
        "X-Real-IP",
    ];

    /// <inheritdoc/>
    public void Validate(ValidationContext context)
    {
        foreach (var (name, listener) in context.Config.Listeners)
        {
            if (listener.ForwardedHeaders is { } headers)
            {
                Validate(context, $"Listeners:{name}:ForwardedHeaders", headers);
            }
        }
    }

    private static void Validate(ValidationContext context, string path, ForwardedHeadersConfig headers)
    {
        if (headers is { TrustedHops: not null, TrustedProxies: null })
        {
            context.Warning(
                $"{path}:TrustedHops",
                "anybody who reaches this listener around the proxies may claim any client address: name the networks of the last one "
                    + "in TrustedProxies, too");
        }

        CheckTrustedHeaders(context, path, headers);
        if (headers is { TrustedProxies: null, TrustedHops: null, Drop.Count: 0, EnvoyExternalAddress: false }
            && headers.Untrusted == UntrustedForwardedHeaders.Keep
            && !context.Written.ContainsKey($"{path}:Untrusted"))
        {
            context.Issues.Error(
                path,
                null,
                "says nothing: set TrustedProxies, TrustedHops, Untrusted, Drop or EnvoyExternalAddress, or remove it");
        }

        for (var i = 0; i < headers.Drop.Count; i++)
        {
            if (headers.Drop[i] is { } entry && DropProblem(entry) is { } problem)
            {
                context.Issues.Error(KeyPath.Join($"{path}:Drop", i), ConfigIssue.Quote(entry), problem);
            }
        }

        if (headers.TrustedHops is { } hops)
        {
            Range.Check(context, $"{path}:TrustedHops", hops, 1, MaxHops);
        }

        if (headers.TrustedProxies is not { } proxies)
        {
            return;
        }

        if (proxies.Count == 0)
        {
            context.Issues.Error($"{path}:TrustedProxies", "[]", "must not be empty: leave it out to trust nobody");
        }

        foreach (var network in Cidr.Expand(proxies, context.Config.Networks).Where(network => network.PrefixLength == 0))
        {
            context.Issues.Warning(
                $"{path}:TrustedProxies",
                $"\"{network}\"",
                "everybody may claim any client address; name the proxies' networks");
        }
    }

    private static void CheckTrustedHeaders(ValidationContext context, string path, ForwardedHeadersConfig headers)
    {
        var key = $"{path}:TrustedHeaders";
        if (headers is { TrustedProxies: null, TrustedHops: null }
            && context.Written.Keys.Any(written => written.StartsWith(key, StringComparison.OrdinalIgnoreCase)))
        {
            context.Issues.Error(key, null, "does not apply: without TrustedProxies or TrustedHops no hop is trusted");
        }

        for (var i = 0; i < headers.TrustedHeaders.Count; i++)
        {
            if (headers.TrustedHeaders[i] is { } entry && !HeaderName().IsMatch(entry))
            {
                context.Issues.Error(
                    KeyPath.Join(key, i),
                    ConfigIssue.Quote(entry),
                    "must be For, Proto, Port, Host, Prefix, Known, a header's name, or the beginning of some as X-Envoy-*");
            }
        }

        if (!new NameSet(TrustedHeaderNames.Expand(headers.TrustedHeaders.OfType<string>())).Contains(ForwardingHeaderNames.For))
        {
            context.Issues.Error(key, null, "must hold For: without X-Forwarded-For there is no client to find");
        }
    }

    private static string? DropProblem(string entry)
    {
        if (KnownHeaders.IsWord(entry))
        {
            return null;
        }

        if (!HeaderName().IsMatch(entry))
        {
            return "must be a header's name, the beginning of some as X-Envoy-*, or Known";
        }

        var drops = new NameSet([entry]);
        return Kept.FirstOrDefault(drops.Contains) is { } kept ? $"would drop {kept}, which requests need"
            : Governed.FirstOrDefault(drops.Contains) is { } governed
                ? $"would drop {governed}: X-Forwarded-*, Forwarded and X-Real-IP are the business of Untrusted"
            : null;
    }

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9_-]*\\*?$")]
    private static partial Regex HeaderName();
}
