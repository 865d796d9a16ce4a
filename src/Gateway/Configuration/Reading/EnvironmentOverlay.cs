using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Gateway.Tcp.Configuration;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.Configuration.Reading;

/// <summary>
/// Overrides scalars of the file by environment variables (<c>Section__Name__Key</c>). A variable cannot create an entry, a list element or
/// an optional section, because it would open ports or extend trust from outside the file. Such a variable is an error. A misspelt variable
/// is an error, too.
/// </summary>
internal static class EnvironmentOverlay
{
    // Keys that decide about trust. A variable can change them only if the file writes them, because their defaults trust nobody, or less
    // than other values.
    private static readonly HashSet<(Type Owner, string Key)> TrustKeys =
    [
        (typeof(ListenerConfig), nameof(ListenerConfig.Intercept)),
        (typeof(ForwardedHeadersConfig), nameof(ForwardedHeadersConfig.TrustedHops)),
        (typeof(ForwardedHeadersConfig), nameof(ForwardedHeadersConfig.Untrusted)),
        (typeof(ProxyProtocolConfig), nameof(ProxyProtocolConfig.Header)),
        (typeof(ProxyProtocolConfig), nameof(ProxyProtocolConfig.Untrusted)),
        (typeof(ProxyProtocolConfig), nameof(ProxyProtocolConfig.MixedFamilies)),
        (typeof(ProxyProtocolConfig), nameof(ProxyProtocolConfig.NestedHeader)),
        (typeof(SourceIpConfig), nameof(SourceIpConfig.NestedHeader)),
        (typeof(ToaConfig), nameof(ToaConfig.Missing)),
        (typeof(TcpClusterConfig), nameof(TcpClusterConfig.Type)),
        (typeof(HttpClientConfig), nameof(HttpClientConfig.DangerousAcceptAnyServerCertificate)),
    ];

    /// <summary>Applies all variables whose first segment is a section of the gateway. Other variables are ignored.</summary>
    /// <param name="root">The file's top-level object, which is changed.</param>
    /// <param name="environment">The environment.</param>
    /// <param name="issues">Takes the errors.</param>
    public static void Apply(ObjectNode root, IReadOnlyDictionary<string, string> environment, ConfigIssues issues)
    {
        var shape = Shape.Of(typeof(GatewayConfig));
        foreach (var (variable, text) in environment.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            // A variable needs a double underscore, because Kubernetes sets variables such as ADMIN_PORT for a Service named admin.
            var segments = variable.Replace("__", ":", StringComparison.Ordinal).Split(':');
            if (segments.Length < 2 || !shape.Properties.ContainsKey(segments[0]))
            {
                continue;
            }

            var error = Set(root, shape, new GatewayConfig(), segments, new ScalarNode(ScalarKind.String, text, variable));
            if (error is not null)
            {
                issues.Error(string.Join(':', segments), ConfigIssue.Quote(text), $"environment variable {variable}: {error}");
            }
        }
    }

    private static string? Set(ObjectNode node, Shape shape, object? defaults, ReadOnlySpan<string> segments, ScalarNode value)
    {
        var key = segments[0];
        var rest = segments[1..];
        if (shape.Kind is ShapeKind.Dictionary or ShapeKind.KeyedList)
        {
            return node.Members.ContainsKey(key)
                ? SetMember(node, key, shape.Element!, rest, value)
                : $"the file has no entry \"{key}\" here, and a variable cannot create one" + Suggestion.For(key, node.Members.Keys);
        }

        if (shape.Kind == ShapeKind.Free)
        {
            return SetFree(node, segments, value);
        }

        if (!shape.Properties.TryGetValue(key, out var property))
        {
            return LaterKeys.IsPlannedKey(shape.Type, key)
                ? $"the key {key} is not available yet"
                : $"unknown key \"{key}\"" + Suggestion.For(key, shape.Properties.Keys);
        }

        if (rest.Length == 0
            && TrustKeys.Contains((shape.Type, property.Name))
            && node.Members.GetValueOrDefault(property.Name) is null or ScalarNode { Kind: ScalarKind.Null })
        {
            return $"the file does not write {property.Name} here, and a variable cannot: it decides whom the gateway believes or what "
                + $"it takes; write it in the file";
        }

        if (rest.Length == 0 || node.Members.TryGetValue(key, out var child) && child is not ScalarNode)
        {
            return SetMember(node, property.Name, property.Shape, rest, value);
        }

        if (property.Shape.Kind == ShapeKind.Scalar)
        {
            return $"\"{key}\" is a single value: nothing can be below it";
        }

        // The file does not write the section. A variable may set keys of a section that always exists with its defaults (Limits,
        // KeepAlive), but not of an optional section, nor of a section that opens a port.
        var existing = node.Members.ContainsKey(key) ? null : defaults is null ? null : property.Info.GetValue(defaults);
        if (property.Shape.Kind != ShapeKind.Free && (property.Shape.Kind != ShapeKind.Object || existing is null or AdminConfig))
        {
            return $"the file has no {property.Name} here, and a variable cannot create it";
        }

        var created = new ObjectNode();
        var error = Set(created, property.Shape, existing, rest, value);
        if (error is null)
        {
            node.Members[property.Name] = created;
        }

        return error;
    }

    private static string? SetMember(ObjectNode node, string key, Shape shape, ReadOnlySpan<string> rest, ScalarNode value)
    {
        node.Members.TryGetValue(key, out var child);
        if (rest.Length > 0)
        {
            return child switch
            {
                ObjectNode members => Set(members, shape, Defaults(shape), rest, value),
                ListNode list => SetElement(list, shape, rest, value),
                _ => $"\"{key}\" is a single value: nothing can be below it",
            };
        }

        if (shape.Kind is not (ShapeKind.Scalar or ShapeKind.Free) || child is not (null or ScalarNode))
        {
            return $"\"{key}\" is not a single value";
        }

        node.Members[key] = value;
        return null;
    }

    // A record with its defaults. It shows which sections exist although the file does not write them.
    [UnconditionalSuppressMessage("Trimming", "IL2072", Justification = Shape.IsKept)]
    private static object? Defaults(Shape shape) => shape.Kind == ShapeKind.Object ? Activator.CreateInstance(shape.Type) : null;

    private static string? SetElement(ListNode list, Shape shape, ReadOnlySpan<string> segments, ScalarNode value)
    {
        if (!int.TryParse(segments[0], NumberStyles.None, CultureInfo.InvariantCulture, out var index) || index >= list.Elements.Count)
        {
            return $"the file's list has no element {segments[0]}, and a variable cannot create one";
        }

        if (segments.Length > 1)
        {
            return list.Elements[index] is ObjectNode members
                ? Set(members, shape.Element!, Defaults(shape.Element!), segments[1..], value)
                : $"element {segments[0]} is a single value: nothing can be below it";
        }

        if (list.Elements[index] is not ScalarNode)
        {
            return $"element {segments[0]} is not a single value";
        }

        list.Elements[index] = value;
        return null;
    }

    // Logging: any key may be set, as in ASP.NET Core, because Logging opens no port and extends no trust.
    private static string? SetFree(ObjectNode node, ReadOnlySpan<string> segments, ScalarNode value)
    {
        foreach (var segment in segments[..^1])
        {
            if (!node.Members.TryGetValue(segment, out var child) || child is not ObjectNode)
            {
                node.Members[segment] = child = new ObjectNode();
            }

            node = (ObjectNode)child;
        }

        node.Members[segments[^1]] = value;
        return null;
    }
}
