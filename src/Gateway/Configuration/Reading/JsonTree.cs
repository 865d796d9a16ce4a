using System.Text.Json;

namespace Gateway.Configuration.Reading;

/// <summary>Reads JSON text (comments and trailing commas allowed) into nodes, and finds duplicate keys.</summary>
internal static class JsonTree
{
    private static readonly JsonDocumentOptions Options = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    /// <summary>Reads a whole file.</summary>
    /// <param name="json">The file's text.</param>
    /// <param name="issues">Takes the errors.</param>
    /// <returns>The top-level object; null if the text is not JSON or not an object.</returns>
    public static ObjectNode? Read(string json, ConfigIssues issues)
    {
        if (string.IsNullOrWhiteSpace(json))
        {
            issues.Error("", null, "the file is empty");
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(json.AsMemory().TrimStart('\uFEFF'), Options);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return ReadObject(document.RootElement, "", issues);
            }

            issues.Error("", null, $"the file is a JSON {document.RootElement.ValueKind}; it must be an object {{ … }}");
        }
        catch (JsonException e)
        {
            issues.Error(
                "",
                null,
                $"not valid JSON: {WithoutPosition(e.Message)} (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1})");
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            // A string is not valid Unicode: it has an escaped lone surrogate (GetString throws), or an unescaped one.
            issues.Error("", null, "a string holds half of a surrogate pair (\\uD800…\\uDFFF)");
        }

        return null;
    }

    private static string WithoutPosition(string message)
    {
        var end = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return (end < 0 ? message : message[..end]).TrimEnd('.');
    }

    private static ObjectNode ReadObject(JsonElement element, string path, ConfigIssues issues)
    {
        var node = new ObjectNode();
        foreach (var member in element.EnumerateObject())
        {
            var childPath = KeyPath.Join(path, member.Name);
            if (!node.Members.TryAdd(member.Name, Read(member.Value, childPath, issues)))
            {
                issues.Error(childPath, null, "duplicate key (keys are compared without regard to case); keep one of them");
            }
        }

        return node;
    }

    private static ConfigNode Read(JsonElement element, string path, ConfigIssues issues)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                return ReadObject(element, path, issues);
            case JsonValueKind.Array:
                var list = new ListNode();
                foreach (var item in element.EnumerateArray())
                {
                    list.Elements.Add(Read(item, KeyPath.Join(path, list.Elements.Count), issues));
                }

                return list;
            case JsonValueKind.String:
                return new ScalarNode(ScalarKind.String, element.GetString()!);
            case JsonValueKind.Number:
                return new ScalarNode(ScalarKind.Number, element.GetRawText());
            case JsonValueKind.True or JsonValueKind.False:
                return new ScalarNode(ScalarKind.Boolean, element.GetRawText());
            default:
                return new ScalarNode(ScalarKind.Null, "null");
        }
    }
}
