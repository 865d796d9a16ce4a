using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Configuration.Loading;

namespace Gateway.Tests.Configuration;

/// <summary>One file per case in Cases: an input, and the errors, warnings and parts of the model that it gives. A new case needs no code.</summary>
public class CaseTests
{
    private static readonly string Root = Path.Combine(AppContext.BaseDirectory, "Configuration", "Cases");

    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    private static readonly JsonSerializerOptions Readable = new() { Converters = { new JsonStringEnumConverter() } };

    public static TheoryData<string> Cases => [.. Directory.EnumerateFiles(Root, "*.json").Select(file => Path.GetFileNameWithoutExtension(file)!).Order()];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Parse_Case_GivesItsIssuesAndModel(string name)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(Root, name + ".json")), Lenient);
        var test = document.RootElement;
        var input = test.TryGetProperty("InputText", out var text) ? text.GetString()! : test.GetProperty("Input").GetRawText();
        var environment = test.TryGetProperty("Environment", out var variables)
            ? variables.EnumerateObject().ToDictionary(variable => variable.Name, variable => variable.Value.GetString()!)
            : [];

        var result = ConfigReader.Parse(input, environment);

        Assert.Equal(Lines(test.GetProperty("Errors")), result.Errors.Select(issue => issue.ToString()));
        Assert.Equal(Lines(test.GetProperty("Warnings")), result.Warnings.Select(issue => issue.ToString()));
        Assert.Equal(result.Errors.Count > 0, result.Config is null);
        if (!test.TryGetProperty("Model", out var expected))
        {
            return;
        }

        var model = JsonSerializer.SerializeToElement(result.Config, Readable);
        foreach (var member in expected.EnumerateObject())
        {
            Assert.Equal($"{member.Name} = {member.Value.GetString()}", $"{member.Name} = {Find(model, member.Name.Split(':'))}");
        }
    }

    private static IEnumerable<string> Lines(JsonElement list) => list.EnumerateArray().Select(line => line.GetString()!);

    private static string Find(JsonElement element, ReadOnlySpan<string> path)
    {
        foreach (var key in path)
        {
            element = element.ValueKind == JsonValueKind.Array ? element[int.Parse(key, System.Globalization.CultureInfo.InvariantCulture)] : element.GetProperty(key);
        }

        return element.ValueKind switch
        {
            JsonValueKind.Array => string.Join(' ', Lines(element)),
            JsonValueKind.String => element.GetString()!,
            _ => element.GetRawText(),
        };
    }
}
