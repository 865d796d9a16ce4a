using Gateway.Interception;
using Gateway.Testing.Processes;

namespace Gateway.Tests.Interception;

public class HostProgramTests
{
    [Fact]
    public async Task TryRun_ProgramOfTheWorkingDirectory_IsNotFound()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Programs of Linux.");
        }

        var name = $"gateway-trap-{Environment.ProcessId}";
        var trap = Path.Combine(Directory.GetCurrentDirectory(), name);
        await File.WriteAllTextAsync(trap, "#!/bin/sh\n");
        try
        {
            (await ProcessRunner.RunAsync(["chmod", "+x", trap])).RequireSuccess();
            Assert.Null(await HostProgram.TryRunAsync(name, []));
        }
        finally
        {
            File.Delete(trap);
        }
    }

    [Fact]
    public void Find_AnyProgram_IsAbsolute() => Assert.All(new[] { "sh", "ls" }, static name => Assert.StartsWith("/", HostProgram.Find(name), StringComparison.Ordinal));
}
