using System.Text.Json.Nodes;
using Gateway.Configuration;
using Gateway.Configuration.Reading;
using Gateway.Tcp.Configuration;

namespace Gateway.Tests.Configuration.Schema;

/// <summary>
/// The JSON schema of the configuration file (draft 7, which editors know best), from the shapes that the reader of the file uses and from
/// the docstrings. An editor completes and explains with it. The gateway's own checks go further: they know which keys go together.
/// </summary>
internal sealed class SchemaBuilder(KeyTexts texts)
{
    private const string Duration = @"^([0-9]{1,18}(ms|s|m|h)|([0-9]{1,8}\.)?[0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(\.[0-9]{1,7})?)$";
    private const string YarpDuration = @"^-?([0-9]{1,8}\.)?[0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(\.[0-9]{1,7})?$|^[0-9]{1,18}(ms|s|m|h)$";
    private const string OwnName = "^[A-Za-z0-9][A-Za-z0-9.-]*$";
    private const string YarpName = "^[^:]+$";

    private readonly JsonObject _definitions = [];

    /// <summary>Builds the schema.</summary>
    public JsonObject Build()
    {
        var root = Record(Shape.Of(typeof(GatewayConfig)));
        ((JsonObject)root["properties"]!).Insert(0, "$schema", new JsonObject { ["type"] = "string" });
        root.Insert(0, "$schema", "http://json-schema.org/draft-07/schema#");
        root.Insert(1, "title", "The configuration of Gateway");
        root["definitions"] = new JsonObject(_definitions.OrderBy(static entry => entry.Key, StringComparer.Ordinal)
            .Select(static entry => KeyValuePair.Create(entry.Key, entry.Value?.DeepClone())));
        return root;
    }

    private JsonObject Record(Shape shape)
    {
        var defaults = shape.IsYarp ? null : Activator.CreateInstance(shape.Type);
        var properties = new JsonObject();
        foreach (var property in shape.Properties.Values)
        {
            properties[property.Name] = Key(shape, property, defaults);
        }

        var record = new JsonObject { ["type"] = "object" };
        if (shape.IsYarp)
        {
            // YARP keeps a free section for extensions.
            properties["Extensions"] = new JsonObject();
        }
        else if (texts.Of(shape.Type) is { Length: > 0 } text)
        {
            record["description"] = text;
        }

        record["properties"] = properties;
        record["additionalProperties"] = false;
        var required = shape.Properties.Values.Where(property => !shape.IsYarp && texts.IsRequired(property.Info))
            .Select(static property => (JsonNode)property.Name).ToArray();
        if (required.Length > 0)
        {
            record["required"] = new JsonArray(required);
        }

        return record;
    }

    private JsonObject Key(Shape owner, ShapeProperty property, object? defaults)
    {
        var value = Value(property.Shape, owner.IsYarp);
        var key = new JsonObject();
        if (!owner.IsYarp && texts.Of(property.Info) is { Length: > 0 } text)
        {
            key["description"] = text;
        }

        if (property.IsNullable && !texts.IsRequired(property.Info) && property.Shape.Kind != ShapeKind.Free)
        {
            key["anyOf"] = new JsonArray(value, new JsonObject { ["type"] = "null" });
        }
        else if (value.ContainsKey("$ref"))
        {
            // Draft 7 reads nothing beside a reference.
            key["allOf"] = new JsonArray(value);
        }
        else
        {
            foreach (var (name, node) in value)
            {
                key[name] = node?.DeepClone();
            }
        }

        if (defaults is not null && !texts.IsRequired(property.Info) && DefaultOf(property.Info.GetValue(defaults)) is { } written)
        {
            key["default"] = written;
        }

        return key;
    }

    private JsonObject Value(Shape shape, bool isYarp)
    {
        switch (shape.Kind)
        {
            case ShapeKind.Object:
                if (!_definitions.ContainsKey(shape.Type.Name))
                {
                    _definitions[shape.Type.Name] = new JsonObject();
                    _definitions[shape.Type.Name] = Record(shape);
                }

                return new JsonObject { ["$ref"] = $"#/definitions/{shape.Type.Name}" };
            case ShapeKind.Dictionary or ShapeKind.KeyedList:
                return new JsonObject
                {
                    ["type"] = "object",
                    ["propertyNames"] = new JsonObject
                    {
                        ["pattern"] = isYarp || shape.Kind == ShapeKind.KeyedList ? YarpName : OwnName,
                    },
                    ["additionalProperties"] = Value(shape.Element!, isYarp || shape.Kind == ShapeKind.KeyedList),
                };
            case ShapeKind.List or ShapeKind.Flags:
                return new JsonObject { ["type"] = "array", ["items"] = Value(shape.Element!, isYarp) };
            case ShapeKind.Free:
                return [];
            default:
                return isYarp ? YarpScalar(shape.Type) : Scalar(shape.Type);
        }
    }

    private JsonObject Scalar(Type type) =>
        type == typeof(bool) ? new JsonObject { ["type"] = "boolean" }
        : type == typeof(int) || type == typeof(long) ? new JsonObject { ["type"] = "integer" }
        : type == typeof(double) ? new JsonObject { ["type"] = "number" }
        : type == typeof(TimeSpan) ? new JsonObject { ["type"] = "string", ["pattern"] = Duration }
        : type == typeof(PortRange) ? new JsonObject
        {
            ["anyOf"] = new JsonArray(
                new JsonObject { ["type"] = "integer", ["minimum"] = 1, ["maximum"] = 65535 },
                new JsonObject { ["type"] = "string", ["pattern"] = "^[0-9]+-[0-9]+$" }),
        }
        : type.IsEnum ? Choice(type)
        : new JsonObject { ["type"] = "string" };

    private JsonObject Choice(Type type)
    {
        var choice = new JsonObject { ["enum"] = new JsonArray([.. Enum.GetNames(type).Select(static name => (JsonNode)name)]) };
        if (Enum.GetNames(type).All(name => texts.Of(type, name).Length > 0))
        {
            // What VS Code shows beside each choice; other readers ignore it.
            choice["enumDescriptions"] = new JsonArray([.. Enum.GetNames(type).Select(name => (JsonNode)texts.Of(type, name))]);
        }

        return choice;
    }

    // YARP reads every value as text, so that "5" is a number there, and a number is a text.
    private static JsonObject YarpScalar(Type type) =>
        type.IsEnum
            ? new JsonObject { ["enum"] = new JsonArray([.. Enum.GetNames(type).Select(static name => (JsonNode)name)]) }
        : type == typeof(TimeSpan) ? new JsonObject { ["type"] = "string", ["pattern"] = YarpDuration }
        : new JsonObject { ["type"] = new JsonArray("string", "number", "boolean") };

    private static JsonNode? DefaultOf(object? value) => value switch
    {
        bool boolean => boolean,
        int number => number,
        long number => number,
        double number => number,
        string { Length: > 0 } text => text,
        TimeSpan time => Text(time),
        Enum choice => choice.ToString(),
        _ => null,
    };

    private static string Text(TimeSpan time) =>
        time.Ticks % TimeSpan.TicksPerSecond != 0 ? $"{time.TotalMilliseconds:0}ms"
        : time.Ticks % TimeSpan.TicksPerMinute != 0 || time == TimeSpan.Zero ? $"{time.TotalSeconds:0}s"
        : time.Ticks % TimeSpan.TicksPerHour != 0 ? $"{time.TotalMinutes:0}m"
        : $"{time.TotalHours:0}h";
}
