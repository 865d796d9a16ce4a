using Gateway.Configuration.Loading;
using Gateway.Tests.Configuration.Schema;
using Gateway.Tests.Tidy;

namespace Gateway.Tests.Configuration;

/// <summary>The files of docs/migration.md are complete: a reader can paste them.</summary>
public class MigrationDocumentTests
{
    public static TheoryData<string, string> Files
    {
        get
        {
            var files = new TheoryData<string, string>();
            var title = "";
            List<string>? file = null;
            foreach (var (_, line) in Markdown.Document("docs/migration.md").Lines)
            {
                if (line.StartsWith("## ", StringComparison.Ordinal))
                {
                    title = line[3..];
                }
                else if (line == "```jsonc")
                {
                    file = [];
                }
                else if (line == "```" && file is not null)
                {
                    files.Add(title, string.Join('\n', file));
                    file = null;
                }
                else
                {
                    file?.Add(line);
                }
            }

            return files;
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void File_OfAMigration_IsValidWithoutAWarning(string title, string file)
    {
        var result = ConfigReader.Parse(file, new Dictionary<string, string>());

        Assert.True(result.Errors.Count == 0, $"{title}: {string.Join('\n', result.Errors)}");
        Assert.True(result.Warnings.Count == 0, $"{title}: {string.Join('\n', result.Warnings)}");
        Assert.Empty(SchemaFile.ErrorsOf(SchemaFile.Read(file)));
    }

    [Fact]
    public void Files_AreThoseOfTheProxiesThatPeopleHave()
    {
        var titles = Files.Select(static row => row.Data.Item1).ToArray();

        Assert.All(
            new[] { "send-proxy-v2", "usesrc", "proxy_bind", "tcp-services", "EnvoyFilter" },
            name => Assert.Contains(titles, title => title.Contains(name, StringComparison.Ordinal)));
    }
}
