using System.Text.Json.Nodes;
using Gateway.Commands;
using Gateway.Configuration.Loading;
using Gateway.Tests.Tidy;

namespace Gateway.Tests.Configuration.Schema;

/// <summary>What an editor says with the schema is what the gateway says.</summary>
public class SchemaTests
{
    // It writes "headerPrefix": the gateway takes a choice in any case, an editor offers it as the documents write it.
    private const string OtherCase = "yarp-full";

    private static readonly Dictionary<string, string> NoEnvironment = [];

    public static TheoryData<string> Files =>
    [
        .. Repository.Files.Select(static file => file.Path)
            .Where(static path => path.EndsWith("appsettings.json", StringComparison.Ordinal)
                || path.StartsWith("appsettings/examples/", StringComparison.Ordinal))
            .Order(),
    ];

    public static TheoryData<string> GoodCases =>
    [
        .. CasesWithoutErrors().Select(static entry => entry.Name).Where(static name => name != OtherCase).Order(),
    ];

    [Theory]
    [MemberData(nameof(Files))]
    public void Schema_ShippedFile_PassesAndNamesIt(string path)
    {
        var file = SchemaFile.Read(Read(path));

        Assert.Empty(SchemaFile.ErrorsOf(file));
        var named = Path.Combine(Path.GetDirectoryName(path)!, file["$schema"]!.GetValue<string>());
        Assert.Equal(Path.GetFullPath(SchemaFile.Path, Repository.Root), Path.GetFullPath(named, Repository.Root));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Schema_MisspeltKeyAnywhere_FailsWhereTheGatewayDoes(string path)
    {
        var text = Read(path);
        var places = 0;
        foreach (var place in ObjectsIn(SchemaFile.Read(text), []))
        {
            var file = SchemaFile.Read(text);
            place.Aggregate(file, static (node, key) => node[key]!).AsObject()["Adress"] = "x";
            if (ConfigReader.Parse(file.ToJsonString(), NoEnvironment).Errors.Any(static error => error.ToString().Contains("unknown key")))
            {
                places++;
                Assert.True(SchemaFile.ErrorsOf(file).Count > 0, $"{string.Join(':', place)} may have any key");
            }
        }

        Assert.NotEqual(0, places);
    }

    [Theory]
    [MemberData(nameof(GoodCases))]
    public void Schema_FileThatTheGatewayTakes_Passes(string name) =>
        Assert.Empty(SchemaFile.ErrorsOf(CasesWithoutErrors().Single(entry => entry.Name == name).Input));

    [Theory]
    [InlineData("""{ "Listeners": { "a": { "Address": "*:1", "Protocol": "Udp" } } }""")]
    [InlineData("""{ "Listeners": { "a": { "Protocol": "Tcp" } } }""")]
    [InlineData("""{ "Listeners": { "a b": { "Address": "*:1", "Protocol": "Tcp" } } }""")]
    [InlineData("""{ "Limits": { "MaxConnections": "5" } }""")]
    [InlineData("""{ "TcpProxy": { "Clusters": { "a": { "ConnectTimeout": 5, "Destinations": {} } } } }""")]
    [InlineData("""{ "TcpProxy": { "Clusters": { "a": { "ConnectTimeout": "5", "Destinations": {} } } } }""")]
    [InlineData("""{ "TcpProxy": null }""")]
    [InlineData("""{ "ReverseProxy": { "Routes": [] } }""")]
    public void Schema_ValueThatTheGatewayRefuses_Fails(string text)
    {
        Assert.NotEmpty(ConfigReader.Parse(text, NoEnvironment).Errors);
        Assert.NotEmpty(SchemaFile.ErrorsOf(SchemaFile.Read(text)));
    }

    [Fact]
    public void Schema_EveryKeyOfOurs_IsExplained()
    {
        var schema = JsonNode.Parse(SchemaCommand.Text)!.AsObject();
        var records = schema["definitions"]!.AsObject().Select(static entry => (entry.Key, Record: entry.Value!.AsObject()))
            .Append(("the file", schema)).Where(static entry => entry.Item2.ContainsKey("description")).ToArray();

        Assert.True(records.Length > 30);
        Findings.AssertNone(records.SelectMany(static entry => entry.Item2["properties"]!.AsObject()
            .Where(static key => key.Key != "$schema" && key.Value!["description"] is null).Select(key => $"{entry.Item1}: {key.Key}")));
    }

    [Fact]
    public void Schema_Printed_IsTheFile()
    {
        using var output = new StringWriter();

        Assert.Equal(0, SchemaCommand.Run(output));
        Assert.Equal(Read(SchemaFile.Path), output.ToString());
    }

    private static string Read(string path) => File.ReadAllText(Path.Combine(Repository.Root, path));

    private static IEnumerable<(string Name, JsonNode Input)> CasesWithoutErrors()
    {
        foreach (var file in Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Configuration", "Cases"), "*.json"))
        {
            var test = SchemaFile.Read(File.ReadAllText(file));
            if (test["Errors"]!.AsArray().Count == 0 && test["Input"] is { } input)
            {
                yield return (Path.GetFileNameWithoutExtension(file), input);
            }
        }
    }

    private static IEnumerable<string[]> ObjectsIn(JsonNode node, string[] path)
    {
        if (node is not JsonObject members)
        {
            yield break;
        }

        yield return path;
        foreach (var (key, value) in members)
        {
            foreach (var found in value is null ? [] : ObjectsIn(value, [.. path, key]))
            {
                yield return found;
            }
        }
    }
}
