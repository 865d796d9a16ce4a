using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Security.Authentication;
using System.Text.Json;
using Gateway.Tcp.Configuration;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.Configuration.Reading;

/// <summary>How a .NET type is written in the file. Built once per type by reflection over the config records.</summary>
[UnconditionalSuppressMessage("Trimming", "IL2065", Justification = IsKept)]
[UnconditionalSuppressMessage("Trimming", "IL2070", Justification = IsKept)]
internal sealed class Shape
{
    /// <summary>Why a native build (docs/native.md) may go over these types.</summary>
    public const string IsKept = "Kept.xml keeps every record that the file can hold, and a test goes over them.";

    private static readonly IReadOnlyDictionary<string, ShapeProperty> NoProperties = new Dictionary<string, ShapeProperty>();

    private static readonly ConcurrentDictionary<Type, Shape> Cache = new();

    private readonly Lazy<IReadOnlyDictionary<string, ShapeProperty>>? _properties;

    private Shape(Type type, ShapeKind kind)
    {
        if (kind == ShapeKind.Object)
        {
            // Read when a file writes such an object: a start needs a few of the records.
            _properties = new(() => FindProperties(type));
        }

        Type = type;
        Kind = kind;
    }

    /// <summary>The type that is bound, without <see cref="Nullable{T}"/>.</summary>
    public Type Type { get; }

    /// <summary>The form in which the file writes the type.</summary>
    public ShapeKind Kind { get; }

    /// <summary>The shape of an element, for dictionaries and lists.</summary>
    public Shape? Element { get; private init; }

    /// <summary>The element's property that takes the key, for keyed lists.</summary>
    public PropertyInfo? KeyProperty { get; private init; }

    /// <summary>The properties by name, for objects.</summary>
    public IReadOnlyDictionary<string, ShapeProperty> Properties => _properties?.Value ?? NoProperties;

    /// <summary>
    /// Whether this is a type of YARP. YARP's schema is used unchanged, and YARP reads all values as strings: there "5" is also a number,
    /// "true" is also a boolean, and a number is also a string.
    /// </summary>
    public bool IsYarp => IsYarpType(Type);

    /// <summary>The shape of a type.</summary>
    /// <param name="type">A config record, a scalar, or a list or dictionary of them.</param>
    public static Shape Of(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return Cache.TryGetValue(type, out var shape) ? shape : Cache.GetOrAdd(type, Create(type));
    }

    private static Shape Create(Type type)
    {
        if (type == typeof(JsonElement))
        {
            return new Shape(type, ShapeKind.Free);
        }

        if (type == typeof(SslProtocols))
        {
            return new Shape(type, ShapeKind.Flags) { Element = new Shape(type, ShapeKind.Scalar) };
        }

        if (IsScalar(type))
        {
            return new Shape(type, ShapeKind.Scalar);
        }

        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>))
        {
            return new Shape(type, ShapeKind.Dictionary) { Element = Of(type.GetGenericArguments()[1]) };
        }

        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>))
        {
            var element = type.GetGenericArguments()[0];
            return KeyName(element) is { } key
                ? new Shape(type, ShapeKind.KeyedList) { Element = Of(element), KeyProperty = element.GetProperty(key)! }
                : new Shape(type, ShapeKind.List) { Element = Of(element) };
        }

        return new Shape(type, ShapeKind.Object);
    }

    private static Dictionary<string, ShapeProperty> FindProperties(Type type)
    {
        var keyName = KeyName(type);
        var properties = new Dictionary<string, ShapeProperty>(StringComparer.OrdinalIgnoreCase);
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            if (property.CanWrite && property.Name != keyName)
            {
                properties.Add(property.Name, new ShapeProperty(property, Of(property.PropertyType)));
            }
        }

        return properties;
    }

    private static bool IsScalar(Type type) =>
        type.IsEnum
        || type == typeof(string)
        || type == typeof(bool)
        || type == typeof(int)
        || type == typeof(long)
        || type == typeof(double)
        || type == typeof(TimeSpan)
        || type == typeof(PortRange)
        || type == typeof(Uri)
        || type == typeof(Version);

    // YARP's types have lists of routes and clusters, but YARP's file has objects whose keys are the names.
    private static string? KeyName(Type type) =>
        type == typeof(RouteConfig) ? nameof(RouteConfig.RouteId) : type == typeof(ClusterConfig) ? nameof(ClusterConfig.ClusterId) : null;

    private static bool IsYarpType(Type type) => type.Namespace?.StartsWith("Yarp.", StringComparison.Ordinal) == true;
}
