using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Gateway.Kubernetes.Manifests;

/// <summary>
/// Reads YAML as JSON. The rules for plain scalars are those of the core schema (YAML 1.2, 10.3.2). Merge keys (<c>&lt;&lt;</c>) and keys
/// that are no scalars have no place in JSON and are refused.
/// </summary>
internal sealed class YamlReader
{
    // The depth that System.Text.Json writes and reads by default.
    private const int MostLevels = 60;

    // Aliases repeat what they name: a few lines could mean billions of nodes.
    private const int MostAliasedNodes = 100_000;

    private readonly Stack<Level> _levels = new();
    private readonly Dictionary<AnchorName, JsonNode?> _anchors = [];
    private readonly List<YamlDocument> _documents = [];
    private int _aliased;
    private JsonNode? _root;

    private YamlReader()
    {
    }

    /// <summary>Reads all documents of a text.</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="YamlException">It is no YAML, or cannot be said in JSON. The exception has the position.</exception>
    public static IReadOnlyList<YamlDocument> Read(string text)
    {
        var reader = new YamlReader();
        var parser = new Parser(new StringReader(text));
        long line = 1;
        while (parser.MoveNext())
        {
            if (parser.Current is DocumentStart start)
            {
                line = start.End.Line;
            }

            reader.Take(parser.Current!, line);
        }

        return reader._documents;
    }

    private void Take(ParsingEvent current, long line)
    {
        switch (current)
        {
            case DocumentStart:
                (_root, _aliased) = (null, 0);
                _anchors.Clear();
                break;
            case DocumentEnd:
                _documents.Add(new YamlDocument(line, _root));
                break;
            case Scalar scalar when _levels.TryPeek(out var level) && level is { Node: JsonObject, Key: null }:
                level.Key = KeyOf(scalar, (JsonObject)level.Node);
                break;
            case Scalar scalar:
                Put(scalar, YamlScalar.Parse(scalar));
                break;
            case MappingStart start:
                Open(start, new JsonObject());
                break;
            case SequenceStart start:
                Open(start, new JsonArray());
                break;
            case MappingEnd or SequenceEnd:
                _levels.Pop();
                break;
            case AnchorAlias alias:
                Put(alias, Repeat(alias));
                break;
        }
    }

    private void Open(NodeEvent start, JsonNode node)
    {
        Put(start, node);
        _levels.Push(new Level(node));
        if (_levels.Count > MostLevels)
        {
            throw new YamlException(start.Start, start.End, $"more than {MostLevels} levels");
        }
    }

    private void Put(ParsingEvent at, JsonNode? node)
    {
        if (at is NodeEvent { Anchor.IsEmpty: false } named)
        {
            _anchors[named.Anchor] = node;
        }

        if (!_levels.TryPeek(out var level))
        {
            _root = node;
        }
        else if (level.Node is JsonArray items)
        {
            items.Add(node);
        }
        else if (level.Key is { } key)
        {
            ((JsonObject)level.Node)[key] = node;
            level.Key = null;
        }
        else
        {
            throw new YamlException(at.Start, at.End, "a key that is no text");
        }
    }

    private static string KeyOf(Scalar scalar, JsonObject mapping)
    {
        if (scalar is { Value: "<<", Style: ScalarStyle.Plain })
        {
            throw new YamlException(scalar.Start, scalar.End, "a merge key (<<): write its entries out");
        }

        return mapping.ContainsKey(scalar.Value)
            ? throw new YamlException(scalar.Start, scalar.End, $"the key {scalar.Value} stands here twice")
            : scalar.Value;
    }

    private JsonNode? Repeat(AnchorAlias alias)
    {
        if (!_anchors.TryGetValue(alias.Value, out var node))
        {
            throw new YamlException(alias.Start, alias.End, $"the alias *{alias.Value} names nothing");
        }

        if (_levels.Any(level => ReferenceEquals(level.Node, node)))
        {
            throw new YamlException(alias.Start, alias.End, $"the alias *{alias.Value} is a part of what it names");
        }

        _aliased += CountOf(node);
        return _aliased <= MostAliasedNodes
            ? node?.DeepClone()
            : throw new YamlException(alias.Start, alias.End, $"aliases repeat more than {MostAliasedNodes} values");
    }

    private static int CountOf(JsonNode? node) => node switch
    {
        JsonObject members => 1 + members.Sum(static member => CountOf(member.Value)),
        JsonArray items => 1 + items.Sum(CountOf),
        _ => 1,
    };

    private sealed class Level(JsonNode node)
    {
        public JsonNode Node { get; } = node;

        // Of a mapping: the key whose value comes next.
        public string? Key { get; set; }
    }
}
