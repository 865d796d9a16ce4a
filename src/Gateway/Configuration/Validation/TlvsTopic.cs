using System.Text;
using System.Text.RegularExpressions;
using Gateway.Configuration.Reading;
using Gateway.Http.Forwarded;
using Gateway.ProxyProtocol;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.SourceIp;

namespace Gateway.Configuration.Validation;

/// <summary>
/// Checks the TLVs that routes match, that request headers carry and that backends get: each field must exist, its values must be possible,
/// and the listener must receive TLVs.
/// </summary>
internal static partial class TlvsTopic
{
    /// <summary>Checks a route's <c>Match:Tlvs</c>.</summary>
    /// <param name="context">Where to report.</param>
    /// <param name="path">Key path of the section.</param>
    /// <param name="route">The route.</param>
    public static void CheckMatch(ValidationContext context, string path, TcpRouteConfig route)
    {
        var tlvs = route.Match?.Tlvs ?? new Dictionary<string, IReadOnlyList<string>>();
        if (tlvs.Count == 0)
        {
            if (context.Written.ContainsKey(path) && !context.Issues.HasErrorAtOrBelow(path))
            {
                context.Error(path, "must not be empty: leave it out to match whatever TLVs there are");
            }

            return;
        }

        if (route.Listener is { } name && context.Config.Listeners.TryGetValue(name, out var listener)
            && listener.ProxyProtocol?.Versions.Contains(ProxyProtocolVersion.V2) != true)
        {
            context.Error(path, $"does not apply: listener {name} takes no PROXY headers of version 2, so no TLV ever comes");
        }

        foreach (var (field, values) in tlvs)
        {
            CheckValues(context, KeyPath.Join(path, field), field, values);
        }
    }

    /// <summary>Checks a listener's <c>TlvHeaders</c>.</summary>
    /// <param name="context">Where to report.</param>
    /// <param name="path">Key path of the section.</param>
    /// <param name="listener">The listener.</param>
    public static void CheckHeaders(ValidationContext context, string path, ListenerConfig listener)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, header) in listener.TlvHeaders)
        {
            var isId = name.Equals(TlvHeaders.ConnectionId, StringComparison.OrdinalIgnoreCase);
            if (!isId && !ProxyTlvField.TryParse(name, out _) && !ProxySslField.TryParse(name, out _))
            {
                const string rule = "not a TLV that can be told: a name, a number as 0xE9, or ConnectionId";
                context.Issues.Error(
                    KeyPath.Join(path, name),
                    ConfigIssue.Quote(header),
                    rule + Suggestion.For(name, ProxyTlvField.Names.Concat(ProxySslField.Names)));
            }
            else if (!isId
                && listener.IsHttp
                && !(listener.EndsTls && IsOfTls(name))
                && listener.ProxyProtocol?.Versions.Contains(ProxyProtocolVersion.V2) != true)
            {
                context.Error(
                    KeyPath.Join(path, name),
                    "does not apply: the listener takes no PROXY headers of version 2, so no TLV ever comes");
            }

            if (!HeaderName().IsMatch(header) || ForwardingHeaderNames.IsClaim(header))
            {
                context.Issues.Error(
                    KeyPath.Join(path, name),
                    ConfigIssue.Quote(header),
                    "must be a header of its own: X-, then letters, digits and hyphens, and not X-Forwarded-* or X-Real-IP");
            }
            else if (!seen.Add(header))
            {
                context.Issues.Error(KeyPath.Join(path, name), ConfigIssue.Quote(header), "the header has another value already");
            }
        }
    }

    /// <summary>Checks a listener's <c>Access:TrustDomains</c>.</summary>
    /// <param name="context">Where to report.</param>
    /// <param name="path">Key path of the list.</param>
    /// <param name="listener">The listener.</param>
    public static void CheckTrustDomains(ValidationContext context, string path, ListenerConfig listener)
    {
        var domains = listener.Access?.TrustDomains ?? [];
        for (var i = 0; i < domains.Count; i++)
        {
            if (domains[i] is { } domain && !ProxySpiffeId.IsTrustDomain(Encoding.UTF8.GetBytes(domain)))
            {
                context.Issues.Error(
                    KeyPath.Join(path, i),
                    ConfigIssue.Quote(domain),
                    "not a trust domain: lower-case letters, digits, dots, hyphens and underscores, without spiffe:// and path");
            }
        }

        if (domains.Count > 0 && listener.ProxyProtocol?.Versions.Contains(ProxyProtocolVersion.V2) != true)
        {
            context.Error(path, "does not apply: the listener takes no PROXY headers of version 2, so no SPIFFE id ever comes");
        }
    }

    // Whether a TLV's value also comes from the TLS that the listener ends.
    private static bool IsOfTls(string name) =>
        ProxySslField.TryParse(name, out _) || (ProxyTlvField.TryParse(name, out var field) && EndedTls.TellsOf(field.Type));

    /// <summary>Checks the TLVs that are added to a header.</summary>
    /// <param name="context">Where to report.</param>
    /// <param name="path">Key path of an entry, without its name.</param>
    /// <param name="added">Templates by TLV.</param>
    /// <param name="scopes">The names with which the templates may be filled.</param>
    public static void CheckAdded(
        ValidationContext context,
        string path,
        IReadOnlyDictionary<string, string> added,
        IReadOnlyList<RouteScope> scopes)
    {
        var types = new Dictionary<ProxyTlvType, string>();
        foreach (var (tlv, template) in added)
        {
            if (scopes.Select(scope => AddedTlvs.Problem(tlv, template, scope)).FirstOrDefault(static problem => problem is not null) is
                { } problem)
            {
                context.Issues.Error(path + tlv, ConfigIssue.Quote(template), problem);
            }
            else if (ProxyTlvField.TryParse(tlv, out var field) && !types.TryAdd(field.Type, tlv) && !MayRepeat(types[field.Type], field))
            {
                context.Issues.Error(path + tlv, ConfigIssue.Quote(template), $"{types[field.Type]} is the same TLV: keep one of them");
            }
        }
    }

    /// <summary>Checks the limit on the length of a PROXY header: a header must have room for the TLVs that are added.</summary>
    /// <param name="context">Where to report.</param>
    /// <param name="path">Key path of the limit.</param>
    /// <param name="longest">The limit.</param>
    /// <param name="added">Templates by TLV.</param>
    /// <param name="scopes">The names with which the templates may be filled.</param>
    public static void CheckLength(
        ValidationContext context,
        string path,
        int longest,
        IReadOnlyDictionary<string, string> added,
        IReadOnlyList<RouteScope> scopes)
    {
        Range.Check(context, path, longest, ProxyHeaderWriter.MinV2Length, ProxyHeaderWriter.MaxV2Length);
        var needed = ProxyHeaderWriter.MinV2Length + scopes.Max(scope => AddedTlvs.MaxLength(added, scope));
        if (longest >= ProxyHeaderWriter.MinV2Length && longest < needed)
        {
            context.Error(path, $"a header may have {needed} bytes with what AddTlvs adds, which is never left out");
        }
    }

    /// <summary>
    /// Whether the TLVs do not decide between two matches, because both have the same number of fields, and each field that both name has a
    /// value in common.
    /// </summary>
    public static bool ShareTlvs(TcpRouteMatchConfig? one, TcpRouteMatchConfig? other)
    {
        var (tlvs, others) = (Values(one), Values(other));
        return tlvs.Count == others.Count
            && tlvs.All(pair => !others.TryGetValue(pair.Key, out var values) || pair.Value.Overlaps(values));
    }

    /// <summary>
    /// Describes the TLVs of two matches that name different TLVs, although one header can have all of them; null: both name the same TLVs.
    /// </summary>
    public static string? Ambiguity(TcpRouteMatchConfig? one, TcpRouteMatchConfig? other)
    {
        var (fields, others) = (Values(one).Keys, Values(other).Keys);
        return fields.ToHashSet().SetEquals(others)
            ? null
            : $"matches {Show(fields)}, this one {Show(others)}, and one header may have all of them";

        static string Show(IEnumerable<string> names) => string.Join(" and ", names.Order(StringComparer.Ordinal));
    }
    // Alibaba's ids share a type and differ in their sub-type. Any other type must not occur twice, because the backend would have to
    // choose.
    private static bool MayRepeat(string first, ProxyTlvField second) =>
        second.Type == ProxyTlvType.AlibabaVpcId && !second.IsFreeText && ProxyTlvField.TryParse(first, out var other) && !other.IsFreeText;

    private static void CheckValues(ValidationContext context, string path, string name, IReadOnlyList<string> values)
    {
        if (!ProxyTlvField.TryParse(name, out var field))
        {
            context.Issues.Error(
                path,
                null,
                "not a TLV that can be matched: a name, or a number as 0xE9" + Suggestion.For(name, ProxyTlvField.Names));
            return;
        }

        if (values.Count == 0)
        {
            context.Issues.Error(path, "[]", "must not be empty: nothing would match");
        }

        for (var i = 0; i < values.Count; i++)
        {
            if (values[i] is { } value && !field.TryEncode(value, out _))
            {
                context.Issues.Error(KeyPath.Join(path, i), ConfigIssue.Quote(value), $"{field.Name} cannot have such a value");
            }
        }
    }

    // The values in the form in which they are compared, so that two spellings of a name or of bytes are equal.
    private static Dictionary<string, HashSet<string>> Values(TcpRouteMatchConfig? match)
    {
        var fields = new Dictionary<string, HashSet<string>>();
        foreach (var (name, values) in match?.Tlvs ?? new Dictionary<string, IReadOnlyList<string>>())
        {
            if (ProxyTlvField.TryParse(name, out var field))
            {
                var isHost = field.Name == nameof(ProxyTlvType.Authority);
                fields[field.Name] =
                [
                    .. values
                        .Where(static value => value is not null)
                        .Select(value =>
                            field.TryEncode(isHost ? value.ToLowerInvariant() : value, out var bytes) ? Convert.ToHexString(bytes) : value),
                ];
            }
        }

        return fields;
    }

    // Only names with X- are allowed, because such headers have no meaning for HTTP itself, so that setting or removing them breaks no
    // request.
    [GeneratedRegex("^[Xx]-[A-Za-z0-9-]*[A-Za-z0-9]$")]
    private static partial Regex HeaderName();
}
