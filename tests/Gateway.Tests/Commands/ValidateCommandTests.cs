using Gateway.Commands;

namespace Gateway.Tests.Commands;

public sealed class ValidateCommandTests : IDisposable
{
    private static readonly Dictionary<string, string> NoEnvironment = [];

    private readonly string _file = Path.GetTempFileName();
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void Run_ValidFileWithWarnings_PrintsThemAndExitsWith0()
    {
        File.WriteAllText(_file, """{ "Listeners": { }, "Admin": { "Address": "*:9901" } }""");

        Assert.Equal(0, ValidateCommand.Run(_file, NoEnvironment, _output, _error));

        Assert.StartsWith("warning: Admin:Address = \"*:9901\": ", _output.ToString(), StringComparison.Ordinal);
        Assert.EndsWith("is valid (1 warning)" + Environment.NewLine, _output.ToString(), StringComparison.Ordinal);
        Assert.Empty(_error.ToString());
    }

    [Fact]
    public void Run_InvalidFile_PrintsEveryErrorWithPathAndValueAndExitsWith1()
    {
        File.WriteAllText(_file, """{ "Listeners": { "a": { "Address": "nowhere", "Protocol": "Udp" } }, "Shutdown": { "DrainTimeout": 5 } }""");

        Assert.Equal(1, ValidateCommand.Run(_file, NoEnvironment, _output, _error));

        var lines = _error.ToString().Split(Environment.NewLine);
        Assert.Contains(lines, line => line.StartsWith("error: Listeners:a:Address = \"nowhere\": ", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("error: Listeners:a:Protocol = \"Udp\": ", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("error: Shutdown:DrainTimeout = 5: ", StringComparison.Ordinal));
        Assert.Contains($"{_file} is not valid: 3 errors", lines);
    }

    /// <summary>A file from somebody else's pull request is looked at in a terminal.</summary>
    [Theory]
    [InlineData("""{ "Li\u001b[31mst\nerror: forged": 1 }""")]
    [InlineData("""{ "Listeners": { "\u202ea\nb": {} } }""")]
    [InlineData("""{ "Logging": { "LogLevel": { "\u001b[2J": "\u009bloud" } } }""")]
    [InlineData("""{ "Networks": { "\u0007": ["\u0007"] } }""")]
    [InlineData("""{ "ReverseProxy": { "Routes": { "\u001b[31mr\ned": { "ClusterId": "\u2066c", "Match": { "Path": "/{\u001b" } } } } }""")]
    [InlineData("""{ "ReverseProxy": { "Clusters": { "\u001b[31mr\ned": { "HttpRequest": { "Version": "\u001b" }, "LoadBalancingPolicy": "\u001b\n" } } } }""")]
    [InlineData("""{ "ReverseProxy": { "Routes": { "\u001b[31mr\ned": { "ClusterId": "c", "Match": { }, "Transforms": [ { "\u001b\n": "\u001b" } ] } }, "Clusters": { "c": {} } } }""")]
    public void Run_KeysAndValuesOfControlCharacters_AreEscaped(string json)
    {
        File.WriteAllText(_file, json);

        Assert.Equal(1, ValidateCommand.Run(_file, NoEnvironment, _output, _error));

        var lines = (_output.ToString() + _error).Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        Assert.DoesNotContain(string.Concat(lines), c => c is (< ' ' or > '~') and not '…');
        Assert.All(lines, line => Assert.True(line.StartsWith("error: ", StringComparison.Ordinal) || line.StartsWith("warning: ", StringComparison.Ordinal) || line.StartsWith(_file, StringComparison.Ordinal)));
        Assert.DoesNotContain(lines, line => line.StartsWith("error: forged", StringComparison.Ordinal));
    }

    [Fact]
    public void Run_MissingFile_NamesItAndExitsWith1()
    {
        Assert.Equal(1, ValidateCommand.Run("/no/such/file.json", NoEnvironment, _output, _error));
        Assert.Contains("\"/no/such/file.json\": the file cannot be read: ", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Run_Directory_ExitsWith1()
    {
        Assert.Equal(1, ValidateCommand.Run(Path.GetTempPath(), NoEnvironment, _output, _error));
        Assert.Contains("cannot be read", _error.ToString(), StringComparison.Ordinal);
    }
}
