using System.Text.Json;
using Gateway.Testing;
using Gateway.Testing.Peers;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Deploy;

/// <summary>A YAML file as JSON, by the parser that deploy/check.sh fetches.</summary>
internal static class YamlFile
{
    private const int CannotBeHad = 75;

    /// <summary>Parses a file of the repository; skips the test where the parser cannot be fetched.</summary>
    public static async Task<JsonElement> ReadAsync(string path)
    {
        var node = DebianPeer.Require("node");
        DebianPeer.Require("npm");
        var fetched = await ProcessRunner.RunAsync(
            ["/bin/bash", Path.Combine(RepositoryPaths.Root, "deploy/check.sh"), "--fetch"], timeout: TimeSpan.FromMinutes(2));
        Assert.SkipWhen(fetched.ExitCode == CannotBeHad, $"The YAML parser could not be fetched from npm: {fetched.StandardOutput.Trim()}");
        const string Program = "console.log(JSON.stringify(require('yaml').parse(require('fs').readFileSync(process.argv[1], 'utf8'))))";
        var json = await ProcessRunner.RunAsync(
            [node, "-e", Program, Path.Combine(RepositoryPaths.Root, path)],
            workingDirectory: Path.Combine(RepositoryPaths.Root, "artifacts/deploy-check"));
        return JsonElement.Parse(json.RequireSuccess().StandardOutput);
    }
}
