using System.Text.RegularExpressions;
using Gateway.Configuration;
using Gateway.Configuration.Reading;
using Gateway.Tests.Tidy;

namespace Gateway.Tests.Configuration;

/// <summary>
/// The pages of docs/ and the config records say the same: every record has one section, every key a row, and no row is about a key that is
/// not there.
/// </summary>
public partial class DocumentationTests
{
    [Fact]
    public void Pages_Sections_CoverEveryRecordKeyByKey()
    {
        var sections = Sections();

        foreach (var (record, path) in Records())
        {
            Assert.True(sections.ContainsKey(path), $"docs/ has no section `{path}` for {record.Name}");
            Assert.Equal(Shape.Of(record).Properties.Values.Select(property => property.Name).Order(), sections[path].Keys.Order());
        }
    }

    [Fact]
    public void Pages_Sections_AreAboutRecords()
    {
        // YARP's own schema has no record of ours.
        var known = Records().Values.Append("ReverseProxy").ToHashSet();

        Findings.AssertNone(Sections().Keys.Where(title => !known.Contains(title)));
    }

    [Fact]
    public void Pages_Choices_NameEveryValue()
    {
        var sections = Sections();

        foreach (var (record, path) in Records())
        {
            var page = sections[path].Page.Text;
            var enums = Shape.Of(record).Properties.Values
                .Select(property => property.Shape.Element?.Type ?? property.Shape.Type).Where(type => type.IsEnum);
            Assert.All(enums.SelectMany(Enum.GetNames), name => Assert.Contains($"`{name}`", page, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Index_OfTheConfiguration_LeadsToEverySection()
    {
        var index = Markdown.Document("docs/configuration.md");
        var linked = Markdown.LinksOf(index).Select(link => Markdown.TargetOf(index, link).Path).Append(index.Path).ToHashSet();

        Findings.AssertNone(Sections().Where(section => !linked.Contains(section.Value.Page.Path)).Select(section => section.Key));
    }

    private static Dictionary<string, Section> Sections()
    {
        var sections = new Dictionary<string, Section>();
        foreach (var page in Repository.Under("docs/", ".md"))
        {
            List<string>? current = null;
            foreach (var (_, line) in page.Lines)
            {
                if (line.StartsWith("## ", StringComparison.Ordinal))
                {
                    current = null;
                    if (Title().Match(line) is { Success: true } title)
                    {
                        var section = new Section(page, current = []);
                        Assert.True(sections.TryAdd(title.Groups[1].Value, section), $"{page.Path}: {line} is described twice");
                    }
                }
                else if (Row().Match(line) is { Success: true } row)
                {
                    current?.Add(row.Groups[1].Value);
                }
            }
        }

        return sections;
    }

    private static Dictionary<Type, string> Records()
    {
        var records = new Dictionary<Type, string>();
        Collect(Shape.Of(typeof(GatewayConfig)), "", records);
        records[typeof(GatewayConfig)] = "Top level";
        return records;
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
                {
                    Collect(property.Shape, KeyPath.Join(path, property.Name), records);
                }

                break;
        }
    }

    // ## `Listeners:NAME`, and ## Top level.
    [GeneratedRegex("^## `?((?<=`)[A-Z][A-Za-z]*(?::[A-Za-z]+)*(?=`)|Top level)`?$")]
    private static partial Regex Title();

    [GeneratedRegex("^\\| `([A-Za-z0-9]+)` \\|")]
    private static partial Regex Row();

    private sealed record Section(SourceFile Page, List<string> Keys);
}
