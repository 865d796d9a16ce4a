using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.Configuration.Reading;

/// <summary>
/// Binds nodes to the config records and collects every error with its key path. The stock binder is not used: it reads <c>{}</c> as null
/// and "5" as five days, takes "7" for an enum, ignores misspelt keys, stops at the first bad object and names no path.
/// </summary>
/// <param name="issues">Takes the errors.</param>
[UnconditionalSuppressMessage("Trimming", "IL2072", Justification = Shape.IsKept)]
[UnconditionalSuppressMessage("AOT", "IL3050", Justification = Shape.IsKept)]
internal sealed partial class StrictBinder(ConfigIssues issues)
{
    private readonly Dictionary<string, string> _written = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// All written keys by path, with their values as written. Validators use it to tell a written value from a default.
    /// </summary>
    public IReadOnlyDictionary<string, string> Written => _written;

    /// <summary>Binds the whole file.</summary>
    /// <param name="root">The file's top-level object.</param>
    /// <returns>The configuration. Keys that could not be read keep their default, and the issues have an error for each.</returns>
    public GatewayConfig Bind(ObjectNode root) => (GatewayConfig)BindObject(root, Shape.Of(typeof(GatewayConfig)), "");

    // Returns false when an error was reported; the default stays.
    private bool TryBind(ConfigNode node, Shape shape, string path, bool isYarp, out object? value)
    {
        isYarp |= shape.IsYarp;
        value = null;
        switch (shape.Kind, node)
        {
            case (ShapeKind.Scalar, ScalarNode { Kind: not ScalarKind.Null } scalar):
                var rule = ScalarReader.Read(scalar, shape.Type, isYarp, out value);
                if (rule is not null)
                {
                    Error(path, scalar, rule);
                }

                return rule is null;
            case (ShapeKind.Object, ObjectNode members):
                value = BindObject(members, shape, path);
                return true;
            case (ShapeKind.Dictionary, ObjectNode members):
                value = BindDictionary(members, shape, path, isYarp);
                return true;
            case (ShapeKind.KeyedList, ObjectNode members):
                value = BindKeyedList(members, shape, path);
                return true;
            case (ShapeKind.List, ListNode list):
                value = BindList(list, shape, path, isYarp);
                return true;
            case (ShapeKind.Flags, ListNode list):
                value = BindFlags(list, shape, path);
                return true;
            case (ShapeKind.Free, _):
                value = node.ToJsonElement();
                return true;
            default:
                Error(path, node, Expectation(shape));
                return false;
        }
    }

    private object BindObject(ObjectNode node, Shape shape, string path)
    {
        // Activator skips the check of required members, which YARP's records may have. The validators check them later, with the path.
        var target = Activator.CreateInstance(shape.Type)!;
        foreach (var (name, child) in node.Members)
        {
            var childPath = KeyPath.Join(path, name);
            if (!shape.Properties.TryGetValue(name, out var property))
            {
                if (!IsFreeKey(shape.Type, name))
                {
                    issues.Error(childPath, child is ScalarNode ? child.Display : null, UnknownKey(shape, name));
                }

                continue;
            }

            childPath = KeyPath.Join(path, property.Name);
            _written[childPath] = child.Display;
            if (child is ScalarNode { Kind: ScalarKind.Null })
            {
                if (property.IsNullable)
                {
                    property.Info.SetValue(target, null);
                }
                else
                {
                    issues.Error(childPath, "null", "null is not allowed here; leave the key out for its default");
                }
            }
            else if (TryBind(child, property.Shape, childPath, shape.IsYarp, out var value))
            {
                property.Info.SetValue(target, value);
            }
        }

        return target;
    }

    // Keys that the records do not have, but that are allowed: $schema, and YARP's free-form Extensions.
    private static bool IsFreeKey(Type type, string name) =>
        (type == typeof(GatewayConfig) && name == "$schema")
        || (
            (type == typeof(RouteConfig) || type == typeof(ClusterConfig)) && name.Equals("Extensions", StringComparison.OrdinalIgnoreCase)
        );

    private static string UnknownKey(Shape shape, string name) =>
        LaterKeys.IsPlannedKey(shape.Type, name) ? $"the key {name} is not available yet"
        : (shape.Type == typeof(ClusterConfig) || shape.Type == typeof(RouteConfig))
        && name.Equals("SourceIp", StringComparison.OrdinalIgnoreCase)
            ? "unknown key: YARP's schema has none of ours; write \"SourceIp.Mode\" and the like into the cluster's Metadata"
            : "unknown key" + Suggestion.For(name, shape.Properties.Keys);

    private object BindDictionary(ObjectNode node, Shape shape, string path, bool isYarp)
    {
        var dictionary = (IDictionary)Activator.CreateInstance(
            typeof(Dictionary<,>).MakeGenericType(typeof(string), shape.Type.GetGenericArguments()[1]), StringComparer.OrdinalIgnoreCase)!;
        foreach (var (name, child) in node.Members)
        {
            var childPath = KeyPath.Join(path, name);
            if (CheckName(name, childPath, isYarp) & TryBind(child, shape.Element!, childPath, isYarp, out var value))
            {
                dictionary[name] = value;
            }
        }

        return dictionary;
    }

    private Array BindKeyedList(ObjectNode node, Shape shape, string path)
    {
        var elements = new List<object>();
        foreach (var (name, child) in node.Members)
        {
            var childPath = KeyPath.Join(path, name);
            if (CheckName(name, childPath, isYarp: true) & TryBind(child, shape.Element!, childPath, isYarp: true, out var value))
            {
                shape.KeyProperty!.SetValue(value, name);
                elements.Add(value!);
            }
        }

        var array = Array.CreateInstance(shape.Element!.Type, elements.Count);
        ((ICollection)elements).CopyTo(array, 0);
        return array;
    }

    private Array BindList(ListNode node, Shape shape, string path, bool isYarp)
    {
        var array = Array.CreateInstance(shape.Type.GetGenericArguments()[0], node.Elements.Count);
        for (var i = 0; i < array.Length; i++)
        {
            if (TryBind(node.Elements[i], shape.Element!, KeyPath.Join(path, i), isYarp, out var value))
            {
                array.SetValue(value, i);
            }
        }

        return array;
    }

    private object BindFlags(ListNode node, Shape shape, string path)
    {
        long flags = 0;
        for (var i = 0; i < node.Elements.Count; i++)
        {
            if (TryBind(node.Elements[i], shape.Element!, KeyPath.Join(path, i), isYarp: true, out var value))
            {
                flags |= Convert.ToInt64(value, System.Globalization.CultureInfo.InvariantCulture);
            }
        }

        return Enum.ToObject(shape.Type, flags);
    }

    private bool CheckName(string name, string path, bool isYarp)
    {
        // YARP's names may have any other characters (its documentation uses "cluster1/destination1"), but a colon would break key paths.
        var isGood = isYarp ? name.Length > 0 && !name.Contains(':') : Name().IsMatch(name);
        if (!isGood)
        {
            var rule = isYarp
                ? "a name must not be empty or contain a colon"
                : "a name is letters, digits, dots and hyphens, and begins with a letter or digit";
            issues.Error(path, ConfigIssue.Quote(name), rule);
        }

        return isGood;
    }

    private void Error(string path, ConfigNode node, string rule)
    {
        if (node is ScalarNode { Variable: { } variable })
        {
            rule += $" (environment variable {variable})";
        }

        issues.Error(path, node.Display, rule);
    }

    private static string Expectation(Shape shape) => shape.Kind switch
    {
        ShapeKind.Scalar => "must be a single value, not null, an object or a list",
        ShapeKind.List or ShapeKind.Flags => "must be a list: [ … ]",
        _ => "must be an object: { … }",
    };

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9.-]*\z")]
    private static partial Regex Name();
}
