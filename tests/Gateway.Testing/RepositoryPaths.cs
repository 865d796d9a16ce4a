using System.Runtime.InteropServices;

namespace Gateway.Testing;

/// <summary>Where the repository and the built executables are, seen from a test's output folder.</summary>
public static class RepositoryPaths
{
    /// <summary>The folder that holds Gateway.sln.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The built Gateway executable; GATEWAY_EXECUTABLE names another one (a published build).</summary>
    public static string GatewayExecutable { get; } = Environment.GetEnvironmentVariable("GATEWAY_EXECUTABLE") ?? Built("Gateway");

    /// <summary>The .NET installation that runs the tests, for executables that look for one.</summary>
    public static string DotnetRoot { get; } = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));

    private static string Built(string project)
    {
        // tests/X/bin/CONFIGURATION/FRAMEWORK: the executable that was built together with this test.
        var output = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var path = Path.Combine(Root, "src", project, "bin", output.Parent!.Name, output.Name, project);
        return File.Exists(path) ? path : Path.Combine(AppContext.BaseDirectory, project);
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Gateway.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No Gateway.sln above {AppContext.BaseDirectory}.");
    }
}
