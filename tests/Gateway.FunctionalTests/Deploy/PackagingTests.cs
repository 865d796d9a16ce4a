using Gateway.Testing;
using Gateway.Testing.Processes;

namespace Gateway.FunctionalTests.Deploy;

/// <summary>What is shipped, built and run as operators do: minutes each, so only where GATEWAY_TEST_PACKAGING=1 asks for it.</summary>
public sealed class PackagingTests
{
    [Theory]
    [InlineData("package.sh", "ok  purged")]
    [InlineData("package.sh", "ok  purged", "--native")]
    [InlineData("image.sh", "ok  all")]
    [InlineData("compose.sh", "ok  all")]
    public async Task Script_OfWhatIsShipped_Passes(string script, string last, params string[] options)
    {
        Assert.SkipUnless(
            Environment.GetEnvironmentVariable("GATEWAY_TEST_PACKAGING") == "1",
            $"tests/{script} builds and runs what is shipped, for some minutes: GATEWAY_TEST_PACKAGING=1 bash tests/run.sh, or "
                + $"bash tests/{script}");

        var run = await ProcessRunner.RunAsync(
            ["/bin/bash", Path.Combine(RepositoryPaths.Root, "tests", script), .. options], timeout: TimeSpan.FromMinutes(20));

        Assert.True(run.ExitCode == 0, run.Output);
        Assert.Contains(last, run.StandardOutput, StringComparison.Ordinal);
    }
}
