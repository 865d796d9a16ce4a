using System.Globalization;
using System.Text.RegularExpressions;
using Gateway.Http.GatewayApi;

namespace Gateway.Kubernetes.GatewayApi.Translation;

/// <summary>
/// The texts of HTTPRoutes. Their CRD has the same rules, but an API server without it checks nothing, and these texts become headers of
/// requests and responses.
/// </summary>
internal static partial class HttpText
{
    private const string EncodedSlash = "%2F";

    /// <summary>
    /// Names that say where a message ends, or that are of one hop. A route that sets them could make two hops read one request
    /// differently. Host has a filter of its own.
    /// </summary>
    private static readonly HashSet<string> NotModified = new(StringComparer.OrdinalIgnoreCase)
    {
        "Host", "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Upgrade",
    };

    /// <summary>What is wrong with a path; null: nothing.</summary>
    public static string? ProblemOfPath(string path) =>
        !Path().IsMatch(path) || path.Contains("//", StringComparison.Ordinal)
            || path.Contains(EncodedSlash, StringComparison.OrdinalIgnoreCase)
            ? $"{path} is no path: it begins with a slash, and has no {EncodedSlash} and no two slashes together"
            : null;

    /// <summary>A path as the server shows the path of a request to routes.</summary>
    public static string Decode(string path) => PathString.FromUriComponent(path).Value ?? "";

    /// <summary>What is wrong with a host name, or a pattern of them; null: nothing.</summary>
    public static string? ProblemOfHostname(string name) =>
        name.Length <= 253 && Hostname().IsMatch(HostPattern.WithoutWildcard(name)) ? null : $"{name} is no host name";

    /// <summary>What is wrong with the name of a header that a condition reads; null: nothing.</summary>
    public static string? ProblemOfName(string name) => Token().IsMatch(name) ? null : $"{name} is no name of a header";

    /// <summary>What is wrong with the name of a header that a filter changes; null: nothing.</summary>
    public static string? ProblemOfModifiedName(string name) =>
        NotModified.Contains(name) ? $"the header {name} cannot be modified" : ProblemOfName(name);

    /// <summary>What is wrong with the value of a header; null: nothing.</summary>
    public static string? ProblemOfValue(string value) =>
        value.Any(static c => char.IsControl(c) && c != '\t') ? "the value of a header has control characters" : null;

    /// <summary>Reads a duration of the Gateway API (GEP-2257), such as <c>1h30m</c> or <c>500ms</c>; null: the text is none.</summary>
    public static TimeSpan? DurationOf(string text)
    {
        var match = Duration().Match(text);
        if (!match.Success)
        {
            return null;
        }

        var sum = TimeSpan.Zero;
        for (var i = 0; i < match.Groups[1].Captures.Count; i++)
        {
            var number = int.Parse(match.Groups[1].Captures[i].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);
            sum += match.Groups[2].Captures[i].Value switch
            {
                "h" => TimeSpan.FromHours(number),
                "m" => TimeSpan.FromMinutes(number),
                "s" => TimeSpan.FromSeconds(number),
                _ => TimeSpan.FromMilliseconds(number),
            };
        }

        return sum;
    }

    // The CRD's own patterns.
    [GeneratedRegex(@"^/(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})*\z")]
    private static partial Regex Path();

    [GeneratedRegex(@"^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*\z")]
    private static partial Regex Hostname();

    [GeneratedRegex(@"^[A-Za-z0-9!#$%&'*+\-.^_`|~]+\z")]
    private static partial Regex Token();

    [GeneratedRegex(@"^(?:([0-9]{1,5})(h|ms|m|s)){1,4}\z")]
    private static partial Regex Duration();
}
