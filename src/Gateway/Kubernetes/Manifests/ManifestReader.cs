using System.Text.Json;
using System.Text.Json.Nodes;
using YamlDotNet.Core;

namespace Gateway.Kubernetes.Manifests;

/// <summary>Reads the objects of YAML and JSON files, as <c>kubectl</c> and <c>kustomize</c> write and take them.</summary>
internal static class ManifestReader
{
    /// <summary>The path that means the standard input.</summary>
    public const string StandardInput = "-";

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    private static readonly string[] Extensions = [".yaml", ".yml", ".json"];

    /// <summary>Reads a file, all YAML and JSON files of a folder and those below it, or the standard input.</summary>
    /// <param name="path">The file or folder; <c>-</c>: the standard input.</param>
    /// <param name="input">The standard input.</param>
    /// <param name="errors">Takes what cannot be read: where, and why.</param>
    public static IReadOnlyList<Manifest> Read(string path, TextReader input, ICollection<string> errors)
    {
        var manifests = new List<Manifest>();
        try
        {
            if (path == StandardInput)
            {
                Parse("standard input", input.ReadToEnd(), manifests, errors);
            }
            else if (Directory.Exists(path))
            {
                foreach (var file in Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Where(IsManifest).Order())
                {
                    Parse(file, File.ReadAllText(file), manifests, errors);
                }
            }
            else
            {
                Parse(path, File.ReadAllText(path), manifests, errors);
            }
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            errors.Add($"{path}: cannot be read: {problem.Message}");
        }

        return manifests;
    }

    /// <summary>Reads a text.</summary>
    /// <param name="source">The text's name in errors.</param>
    /// <param name="text">YAML with any number of documents, or JSON.</param>
    /// <param name="manifests">Takes the objects. Lists (kind <c>…List</c>) are taken apart.</param>
    /// <param name="errors">Takes what cannot be read: where, and why.</param>
    public static void Parse(string source, string text, ICollection<Manifest> manifests, ICollection<string> errors)
    {
        try
        {
            foreach (var (line, root) in Documents(text))
            {
                Take(line == 0 ? source : $"{source}:{line}", root, "", manifests, errors);
            }
        }
        catch (YamlException problem)
        {
            errors.Add($"{source}:{problem.Start.Line}:{problem.Start.Column}: {problem.Message}");
        }
    }

    private static bool IsManifest(string file) => Extensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase);

    // Most JSON is YAML, too, but not all: escapes of code points above U+FFFF are not.
    private static IEnumerable<YamlDocument> Documents(string text)
    {
        try
        {
            return [new YamlDocument(0, JsonNode.Parse(text, documentOptions: Strict))];
        }
        catch (JsonException)
        {
            return YamlReader.Read(text);
        }
    }

    private static void Take(string source, JsonNode? node, string kind, ICollection<Manifest> manifests, ICollection<string> errors)
    {
        // What is between two separators, such as comments, may be nothing.
        if (node is null)
        {
            return;
        }

        if (node is not JsonObject body)
        {
            errors.Add($"{source}: this is no object of Kubernetes: it has no apiVersion and kind.");
            return;
        }

        kind = TextOf(body, "kind") ?? kind;
        if (kind.EndsWith("List", StringComparison.Ordinal) && body["items"] is JsonArray items)
        {
            // The API server writes lists of one kind, whose items do not repeat it. An item without its list has paths of its own.
            var objects = items.ToList();
            items.Clear();
            foreach (var item in objects)
            {
                Take(source, item, kind[..^"List".Length], manifests, errors);
            }
        }
        else if (kind.Length == 0 || TextOf(body, "apiVersion") is not { } version)
        {
            errors.Add($"{source}: this is no object of Kubernetes: it has no apiVersion or no kind.");
        }
        else
        {
            manifests.Add(new Manifest(source, kind, version.Contains('/', StringComparison.Ordinal) ? version.Split('/')[0] : "", body));
        }
    }

    private static string? TextOf(JsonObject body, string property) =>
        body[property] is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
