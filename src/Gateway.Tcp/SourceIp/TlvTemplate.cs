using System.Text;

namespace Gateway.Tcp.SourceIp;

/// <summary>
/// A text with placeholders in braces, parsed once. A value that was filled in is never searched for placeholders, so the names of routes,
/// listeners and clusters may contain braces.
/// </summary>
internal sealed class TlvTemplate
{
    /// <summary>All placeholders, for messages.</summary>
    public const string Known = "{route}, {listener}, {cluster}, {client} and {connection}";

    private readonly List<(Part Kind, string Text)> _parts = [];

    private TlvTemplate()
    {
    }

    private enum Part
    {
        Text,
        Client,
        Connection,
    }

    /// <summary>Whether the text is the same for every connection.</summary>
    public bool IsFixed => _parts.TrueForAll(static part => part.Kind == Part.Text);

    /// <summary>Parses a template and fills in the names of the route.</summary>
    /// <returns>Null if there is an unknown placeholder or a single brace.</returns>
    public static TlvTemplate? Parse(string template, RouteScope scope)
    {
        var result = new TlvTemplate();
        for (var rest = template.AsSpan(); !rest.IsEmpty;)
        {
            var open = rest.IndexOfAny('{', '}');
            var text = open < 0 ? rest : rest[..open];
            result._parts.Add((Part.Text, text.ToString()));
            rest = rest[text.Length..];
            if (rest.IsEmpty)
            {
                break;
            }

            var length = rest.IndexOf('}') + 1;
            (Part, string)? part = rest[..length] switch
            {
                "{route}" => (Part.Text, scope.Route),
                "{listener}" => (Part.Text, scope.Listener),
                "{cluster}" => (Part.Text, scope.Cluster),
                "{client}" => (Part.Client, ""),
                "{connection}" => (Part.Connection, ""),
                _ => null,
            };
            if (part is null)
            {
                return null;
            }

            result._parts.Add(part.Value);
            rest = rest[length..];
        }

        return result;
    }

    /// <summary>The text for one connection.</summary>
    public string Fill(string client, string connection)
    {
        var text = new StringBuilder();
        foreach (var (kind, part) in _parts)
        {
            text.Append(kind switch { Part.Client => client, Part.Connection => connection, _ => part });
        }

        return text.ToString();
    }
}
