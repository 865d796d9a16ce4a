using System.Text;
using Gateway.Configuration;
using Gateway.Configuration.Reading;
using Gateway.Tcp.Configuration;

namespace Gateway.Tests.Configuration.Schema;

/// <summary>The page that lists every key with its docstring: docs/keys.md.</summary>
internal sealed class KeyPage(KeyTexts texts)
{
    private const int MaxLineLength = 140;

    private readonly StringBuilder _page = new();
    private readonly HashSet<Type> _written = [];

    /// <summary>Builds the page.</summary>
    public string Build()
    {
        _page.Append(
            """
            # Every key

            ```jsonc
            {
              "$schema": "gateway.schema.json",     // an editor completes and explains the keys below
              "Listeners": { "redis": { "Address": "*:6379", "Protocol": "Tcp" } }
            }
            ```

            ```sh
            Gateway schema > gateway.schema.json    # the same keys as a JSON schema
            ```

            - This page and the schema are made from the code. [configuration.md](configuration.md) leads to the pages that explain.
            - `NAME` is a name that you choose.
            - `ReverseProxy` has [YARP's own keys](http.md#reverseproxy): the schema knows them.

            """.ReplaceLineEndings("\n"));
        Record(Shape.Of(typeof(GatewayConfig)), "");
        return _page.ToString();
    }

    private void Record(Shape shape, string path)
    {
        _page.Append('\n').Append("## ").Append(path.Length == 0 ? "The file" : $"Keys of `{path}`").Append("\n\n");
        foreach (var property in shape.Properties.Values)
        {
            Paragraph($"- **`{property.Name}`** ({TypeOf(property.Shape)}): {Escaped(texts.Of(property.Info))}");
        }

        foreach (var property in shape.Properties.Values)
        {
            Nested(property.Shape, KeyPath.Join(path, property.Name));
        }
    }

    private void Nested(Shape shape, string path)
    {
        if (shape.Kind == ShapeKind.Dictionary)
        {
            Nested(shape.Element!, KeyPath.Join(path, "NAME"));
        }
        else if (shape.Kind == ShapeKind.Object && !shape.IsYarp && shape.Type != typeof(ReverseProxyConfig))
        {
            if (_written.Add(shape.Type))
            {
                Record(shape, path);
            }
        }
    }

    private void Paragraph(string text)
    {
        var length = 0;
        foreach (var word in text.Split(' '))
        {
            if (length > 0 && length + 1 + word.Length > MaxLineLength)
            {
                _page.Append("\n ");
                length = 1;
            }

            _page.Append(length == 0 ? "" : " ").Append(word);
            length += word.Length + (length == 0 ? 0 : 1);
        }

        _page.Append('\n');
    }

    private static string TypeOf(Shape shape) => shape.Kind switch
    {
        ShapeKind.Dictionary => $"{TypeOf(shape.Element!)} by name",
        ShapeKind.List or ShapeKind.Flags => $"list of {TypeOf(shape.Element!)}",
        ShapeKind.Object or ShapeKind.KeyedList or ShapeKind.Free => "object",
        _ when shape.Type.IsEnum => string.Join(", ", Enum.GetNames(shape.Type).Select(static name => $"`{name}`")),
        _ when shape.Type == typeof(TimeSpan) => "duration",
        _ when shape.Type == typeof(PortRange) => "port or range",
        _ when shape.Type == typeof(bool) => "boolean",
        _ when shape.Type == typeof(string) => "text",
        _ => "number",
    };

    private static string Escaped(string text) =>
        text.Replace("*", "\\*", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal);
}
