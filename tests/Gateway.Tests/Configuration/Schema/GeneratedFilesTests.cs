using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Tests.Tidy;

namespace Gateway.Tests.Configuration.Schema;

/// <summary>The files that are made from the config records and their docstrings are those that the records give today.</summary>
public class GeneratedFilesTests
{
    private static readonly JsonSerializerOptions Written = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NewLine = "\n",
    };

    [Fact]
    public void Schema_OfTheRepository_IsThatOfTheRecords() =>
        AssertIs(SchemaFile.Path, new SchemaBuilder(new KeyTexts()).Build().ToJsonString(Written) + "\n");

    [Fact]
    public void Keys_Page_IsThatOfTheRecords() => AssertIs("docs/keys.md", new KeyPage(new KeyTexts()).Build());

    private static void AssertIs(string path, string expected)
    {
        var committed = Path.Combine(Repository.Root, path);
        if (File.Exists(committed) && File.ReadAllText(committed) == expected)
        {
            return;
        }

        var made = Path.Combine(Repository.Root, "artifacts", Path.GetFileName(path));
        Directory.CreateDirectory(Path.GetDirectoryName(made)!);
        File.WriteAllText(made, expected);
        Assert.Fail($"{path} is not what the config records give. To take it: cp artifacts/{Path.GetFileName(path)} {path}");
    }
}
