using System.Buffers;
using System.Text.Json;

namespace Gateway.Configuration.Reading;

/// <summary>Converts free-form sections to JSON, or to the flat keys of <c>IConfiguration</c>.</summary>
internal static class ConfigNodeJson
{
    /// <summary>The node as JSON.</summary>
    public static JsonElement ToJsonElement(this ConfigNode node)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            Write(node, writer);
        }

        using var document = JsonDocument.Parse(buffer.WrittenMemory);
        return document.RootElement.Clone();
    }

    /// <summary>Adds the node's scalars with their key paths.</summary>
    /// <param name="node">The node.</param>
    /// <param name="path">Its key path.</param>
    /// <param name="flat">Takes the keys and values.</param>
    public static void Flatten(this ConfigNode node, string path, IDictionary<string, string?> flat)
    {
        switch (node)
        {
            case ObjectNode parent:
                foreach (var (name, child) in parent.Members)
                {
                    child.Flatten(KeyPath.Join(path, name), flat);
                }

                break;
            case ListNode list:
                for (var i = 0; i < list.Elements.Count; i++)
                {
                    list.Elements[i].Flatten(KeyPath.Join(path, i), flat);
                }

                break;
            case ScalarNode scalar:
                flat[path] = scalar.Kind == ScalarKind.Null ? null : scalar.Text;
                break;
        }
    }

    private static void Write(ConfigNode node, Utf8JsonWriter writer)
    {
        switch (node)
        {
            case ObjectNode parent:
                writer.WriteStartObject();
                foreach (var (name, child) in parent.Members)
                {
                    writer.WritePropertyName(name);
                    Write(child, writer);
                }

                writer.WriteEndObject();
                break;
            case ListNode list:
                writer.WriteStartArray();
                foreach (var element in list.Elements)
                {
                    Write(element, writer);
                }

                writer.WriteEndArray();
                break;
            case ScalarNode { Kind: ScalarKind.String } text:
                writer.WriteStringValue(text.Text);
                break;
            case ScalarNode literal:
                writer.WriteRawValue(literal.Text);
                break;
        }
    }
}
