using System.Globalization;
using System.Text;

namespace Gateway.Http.GatewayApi;

/// <summary>
/// Host names of the Gateway API: <c>a.example.com</c>; <c>*.example.com</c>, which stands for one or more labels; empty for every name.
/// </summary>
internal static class HostPattern
{
    private const string Wildcard = "*.";

    // The beginning of a label with characters that are not ASCII (RFC 3490).
    private const string Punycode = "xn--";

    private static readonly IdnMapping Idn = new();

    /// <summary>Whether a pattern begins with a wildcard label.</summary>
    public static bool IsWildcard(string pattern) => pattern.StartsWith(Wildcard, StringComparison.Ordinal);

    /// <summary>A pattern without its wildcard label.</summary>
    public static string WithoutWildcard(string pattern) => IsWildcard(pattern) ? pattern[Wildcard.Length..] : pattern;

    /// <summary>Whether each name that the narrow pattern stands for is one of the wide pattern's, too. A name is a pattern.</summary>
    public static bool Covers(string wide, string narrow) =>
        wide.Length == 0
        || wide.Equals(narrow, StringComparison.OrdinalIgnoreCase)
        || (IsWildcard(wide)
            && narrow.Length > wide.Length - 1
            && narrow.AsSpan().EndsWith(wide.AsSpan(1), StringComparison.OrdinalIgnoreCase));

    /// <summary>
    /// The host that a request asks for, without the port, as the client wrote it. <see cref="HttpRequest.Host"/> would decode
    /// international names, and throw for what is none.
    /// </summary>
    public static string HostOf(HttpRequest request) => new HostString(request.Headers.Host.ToString()).Host;

    /// <summary>A pattern in the form that YARP's validator demands: international names are not encoded.</summary>
    public static string ToYarp(string pattern)
    {
        if (!pattern.Contains(Punycode, StringComparison.OrdinalIgnoreCase))
        {
            return pattern;
        }

        try
        {
            return Idn.GetUnicode(pattern);
        }
        catch (ArgumentException)
        {
            // It is no such name. YARP's validator says so.
            return pattern;
        }
    }

    /// <summary>The pattern that <see cref="ToYarp"/> has changed.</summary>
    public static string FromYarp(string pattern) => Ascii.IsValid(pattern) ? pattern : Idn.GetAscii(pattern);
}
