using Gateway.Http.GatewayApi;
using Gateway.Kubernetes.GatewayApi.Objects;

namespace Gateway.Kubernetes.GatewayApi.Translation;

/// <summary>What an HTTPRoute's rule does with a request, apart from its backends.</summary>
internal sealed record HttpActions
{
    /// <summary>YARP's transforms of headers.</summary>
    public IReadOnlyList<IReadOnlyDictionary<string, string>> Headers { get; init; } = [];

    /// <summary>The path with which requests go to the backend; null: that of the request.</summary>
    public HttpPathModifier? Rewrite { get; init; }

    /// <summary>Where clients are sent; null: requests go to backends.</summary>
    public HttpRedirect? Redirect { get; init; }

    /// <summary>All of YARP's transforms. A backend gets the client's Host, as the Gateway API demands; by YARP's default it does not.
    /// </summary>
    /// <param name="match">The match that took the request.</param>
    public IReadOnlyList<IReadOnlyDictionary<string, string>> TransformsOf(HttpMatch match) =>
    [
        Transform(("RequestHeaderOriginalHost", "true")), .. Headers, .. PathOf(match),
    ];

    /// <summary>Where clients are sent; null: nowhere.</summary>
    /// <param name="slot">The listener, whose port and protocol count where the filter names none.</param>
    public RedirectRule? RedirectOf(ListenerSlot slot)
    {
        if (Redirect is not { } redirect)
        {
            return null;
        }

        var scheme = redirect.Scheme ?? (slot.Mode == ListenerMode.Https ? Uri.UriSchemeHttps : Uri.UriSchemeHttp);
        var port = redirect.Port ?? (redirect.Scheme is null ? slot.Spec.Port : scheme == Uri.UriSchemeHttps ? 443 : 80);
        return new RedirectRule(
            redirect.StatusCode ?? StatusCodes.Status302Found,
            scheme,
            RedirectRule.AuthorityOf(scheme, redirect.Hostname, port),
            redirect.Path is not { } path ? ""
                : path.ReplaceFullPath is { } whole ? RedirectRule.WholePath(whole)
                : RedirectRule.PathWithPrefix(path.ReplacePrefixMatch!));
    }

    /// <summary>A transform of YARP.</summary>
    public static IReadOnlyDictionary<string, string> Transform(params ReadOnlySpan<(string Key, string Value)> keys)
    {
        var transform = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (key, value) in keys)
        {
            transform[key] = value;
        }

        return transform;
    }

    private IEnumerable<IReadOnlyDictionary<string, string>> PathOf(HttpMatch match)
    {
        if (Rewrite?.ReplaceFullPath is { } whole)
        {
            yield return Transform(("PathSet", HttpText.Decode(whole)));
        }
        else if (Rewrite?.ReplacePrefixMatch is { } prefix)
        {
            if (match.Path.Length > 0)
            {
                yield return Transform(("PathRemovePrefix", match.Path));
            }

            // A slash at the end would be one too many, and of an empty path a slash is left.
            yield return Transform(("PathPrefix", HttpText.Decode(prefix.TrimEnd('/')) is { Length: > 0 } text ? text : "/"));
        }
    }
}
