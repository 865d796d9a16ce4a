using System.Buffers;
using System.Globalization;
using System.Text;

namespace Gateway.Tcp.Identification.Tls;

/// <summary>
/// The form in which server names are compared: A-labels in lower case without a trailing dot. Underscores are allowed, because names of
/// services contain them.
/// </summary>
public static class ServerName
{
    private const string WildcardPrefix = "*.";
    private const string DeepWildcardPrefix = "**.";
    private const int MaxLength = 253;
    private const int MaxLabelLength = 63;

    private static readonly SearchValues<char> Allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_.");
    private static readonly SearchValues<char> OfIPv4 = SearchValues.Create("0123456789.");

    // Combining accents, which cannot be joined with their letters without ICU, and U+FFFD, which a decoder puts in the place of invalid
    // bytes.
    private static readonly SearchValues<char> Refused =
        SearchValues.Create([.. Enumerable.Range(0x300, 0x70).Append(0xfffd).Select(static c => (char)c)]);

    private static readonly IdnMapping Idn = new();

    /// <summary>
    /// Converts a configured name into that form: a host name, <c>*.</c> and a host name, which stands for all names with one more label,
    /// or <c>**.</c> and a host name, for one label more or several. The file has no such names: a TLSRoute's <c>*.</c> means this.
    /// </summary>
    /// <returns>False for an IP address, and for text that is not a host name.</returns>
    public static bool TryNormalize(string text, out string name)
    {
        var prefix = IsWildcard(text) ? WildcardPrefix : IsDeepWildcard(text) ? DeepWildcardPrefix : "";
        name = "";
        if (ToALabels(text[prefix.Length..]) is not { } labels || Fold(labels) is not { } host)
        {
            return false;
        }

        if (prefix.Length + host.Length > MaxLength)
        {
            return false;
        }

        name = prefix + host;
        return true;
    }

    /// <summary>Whether a configured name stands for all names with one more label.</summary>
    public static bool IsWildcard(string name) => name.StartsWith(WildcardPrefix, StringComparison.Ordinal);

    /// <summary>Whether a name stands for all names with one more label, or several.</summary>
    public static bool IsDeepWildcard(string name) => name.StartsWith(DeepWildcardPrefix, StringComparison.Ordinal);

    /// <summary>The host name of a configured name: what follows the asterisks.</summary>
    public static string HostOf(string name) =>
        IsWildcard(name) ? name[WildcardPrefix.Length..] : IsDeepWildcard(name) ? name[DeepWildcardPrefix.Length..] : name;

    /// <summary>Converts a name that a client sent into that form; null if the name is not a host name.</summary>
    public static string? Normalize(ReadOnlySpan<byte> bytes) =>
        bytes.Length <= MaxLength + 1 ? Fold(Encoding.Latin1.GetString(bytes)) : null;

    private static string? ToALabels(string text)
    {
        if (Ascii.IsValid(text))
        {
            return text;
        }

        if (text.AsSpan().ContainsAny(Refused))
        {
            return null;
        }

        try
        {
            return Idn.GetAscii(text.ToLowerInvariant());
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static string? Fold(string text)
    {
        var name = (text.EndsWith('.') ? text[..^1] : text).ToLowerInvariant();
        if (name.Length is 0 or > MaxLength || name.AsSpan().ContainsAnyExcept(Allowed))
        {
            return null;
        }

        var labels = 0;
        foreach (var label in name.AsSpan().Split('.'))
        {
            labels++;
            if (label.End.Value - label.Start.Value is 0 or > MaxLabelLength)
            {
                return null;
            }
        }

        var isIPv4 = labels == 4 && !name.AsSpan().ContainsAnyExcept(OfIPv4);
        return isIPv4 ? null : name;
    }
}
