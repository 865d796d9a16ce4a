using Gateway.Testing;
using Gateway.Testing.Processes;

namespace Gateway.Tests.Deploy;

/// <summary>THIRD-PARTY-NOTICES.txt tells of the packages that the lock files name, and of no others.</summary>
public sealed class NoticesTests
{
    [Fact]
    public async Task Notices_AreWhatThePackagesOfTheLockFilesSay()
    {
        var written = await ProcessRunner.RunAsync(["/bin/bash", Path.Combine(RepositoryPaths.Root, "deploy/notices.sh")]);

        Assert.True(written.ExitCode == 0, written.Output);
        // Not the whole text in a message: it has 1,800 lines.
        Assert.True(
            written.StandardOutput == await File.ReadAllTextAsync(Path.Combine(RepositoryPaths.Root, "THIRD-PARTY-NOTICES.txt")),
            "packages have changed: bash deploy/notices.sh > THIRD-PARTY-NOTICES.txt");
    }
}
