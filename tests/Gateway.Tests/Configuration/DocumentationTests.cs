using System.Text.RegularExpressions;
using Gateway.Configuration;
using Gateway.Configuration.Reading;

namespace Gateway.Tests.Configuration;

/// <summary>docs/configuration.md and the config records say the same: every record has a section, every key a row, and no row is about a key that is not there.</summary>
public partial class DocumentationTests
{
    private static readonly string[] Lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "docs", "configuration.md"));

    [Fact]
    public void Document_Sections_CoverEveryRecordKeyByKey()
    {
        var sections = Sections();
        var records = new Dictionary<Type, string>();
        Collect(Shape.Of(typeof(GatewayConfig)), "", records);

        foreach (var (record, path) in records)
        {
            var title = path.Length == 0 ? "Top level" : path;
            Assert.True(sections.ContainsKey(title), $"docs/configuration.md has no section `{title}` for {record.Name}");
            Assert.Equal(Shape.Of(record).Properties.Values.Select(property => property.Name).Order(), sections[title].Order());
        }
    }

    [Fact]
    public void Document_Choices_NameEveryValue()
    {
        var records = new Dictionary<Type, string>();
        Collect(Shape.Of(typeof(GatewayConfig)), "", records);
        var enums = records.Keys.SelectMany(record => Shape.Of(record).Properties.Values).Select(property => property.Shape.Element?.Type ?? property.Shape.Type).Where(type => type.IsEnum);
        var text = string.Join('\n', Lines);

        foreach (var name in enums.SelectMany(Enum.GetNames))
            Assert.Contains($"`{name}`", text, StringComparison.Ordinal);
    }

    private static Dictionary<string, List<string>> Sections()
    {
        var sections = new Dictionary<string, List<string>>();
        var current = new List<string>();
        foreach (var line in Lines)
        {
            if (line.StartsWith("## ", StringComparison.Ordinal))
                sections[line[3..].Trim('`')] = current = [];
            else if (Row().Match(line) is { Success: true } row)
                current.Add(row.Groups[1].Value);
        }

        return sections;
    }

    // The first path that leads to a record is where it is documented.
    private static void Collect(Shape shape, string path, Dictionary<Type, string> records)
    {
        switch (shape.Kind)
        {
            case ShapeKind.Dictionary:
                Collect(shape.Element!, KeyPath.Join(path, "NAME"), records);
                break;
            case ShapeKind.Object when !shape.IsYarp && records.TryAdd(shape.Type, path):
                foreach (var property in shape.Properties.Values)
                    Collect(property.Shape, KeyPath.Join(path, property.Name), records);
                break;
        }
    }

    [GeneratedRegex("^\\| `([A-Za-z]+)` \\|")]
    private static partial Regex Row();
}
