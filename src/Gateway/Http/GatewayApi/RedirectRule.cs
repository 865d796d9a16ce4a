using System.Globalization;
using Gateway.Http.Messages;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Http.GatewayApi;

/// <summary>
/// Where a rule sends clients: <c>302 https://*:8443</c>. The host <c>*</c> is the request's, and so is a path that is left out. With
/// <c>/new/*</c> the prefix <c>/new</c> stands in place of the prefix that matched. The query stays.
/// </summary>
/// <param name="Status">The status.</param>
/// <param name="Scheme"><c>http</c> or <c>https</c>.</param>
/// <param name="Authority">The host, and <c>:port</c> unless it is the scheme's; the host may be <c>*</c>.</param>
/// <param name="Path">The path; empty: the request's.</param>
internal sealed record RedirectRule(int Status, string Scheme, string Authority, string Path)
{
    private const string AnyHost = "*";
    private const string Rest = "/*";

    /// <summary>The path with which a prefix stands in place of the prefix that matched.</summary>
    public static string PathWithPrefix(string prefix) => prefix.TrimEnd('/') + Rest;

    /// <summary>The path that stands in place of the request's.</summary>
    public static string WholePath(string path) => path.Replace("*", "%2A", StringComparison.Ordinal);

    /// <summary>The authority for a host.</summary>
    /// <param name="scheme">The scheme.</param>
    /// <param name="host">The host; null: the request's.</param>
    /// <param name="port">The port, which is left out if it is the scheme's.</param>
    public static string AuthorityOf(string scheme, string? host, int port)
    {
        var isSchemes = port == (scheme == Uri.UriSchemeHttps ? 443 : 80);
        return (host ?? AnyHost) + (isSchemes ? "" : string.Create(CultureInfo.InvariantCulture, $":{port}"));
    }

    /// <summary>Reads what <see cref="ToString"/> writes; null: the text is something else.</summary>
    public static RedirectRule? Parse(string text)
    {
        if (text.Split(' ') is not [var number, var url]
            || !int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var status)
            || url.Split("://", 2) is not [var scheme, var rest])
        {
            return null;
        }

        var path = rest.IndexOf('/');
        return path < 0 ? new(status, scheme, rest, "") : new(status, scheme, rest[..path], rest[path..]);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Status} {Scheme}://{Authority}{Path}");

    /// <summary>The value of Location for a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="matched">The prefix that matched, without a slash at its end.</param>
    public string LocationOf(HttpRequest request, string matched)
    {
        var host = Authority.StartsWith(AnyHost, StringComparison.Ordinal)
            ? HostPattern.HostOf(request) + Authority[AnyHost.Length..]
            : Authority;
        var target = RawTarget.PathOf(request.HttpContext.Features.Find<IHttpRequestFeature>()?.RawTarget);
        var raw = target.IsEmpty ? "/" : RawTarget.WithoutDotSegments(target);
        var path = Path.Length == 0 ? raw
            : Path.EndsWith(Rest, StringComparison.Ordinal) ? Replaced(request.Path.Value ?? "", matched, raw)
            : Path;
        return $"{Scheme}://{host}{RawTarget.Carry(path)}{RawTarget.Carry(request.QueryString.Value)}";
    }

    private string Replaced(string path, string matched, ReadOnlySpan<char> raw)
    {
        var replaced = Path[..^Rest.Length] + (path.Length >= matched.Length ? path[matched.Length..] : "");
        return RawTarget.Follow(replaced.Length == 0 ? "/" : replaced, path, raw);
    }
}
