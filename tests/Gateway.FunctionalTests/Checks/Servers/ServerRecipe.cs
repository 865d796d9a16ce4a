namespace Gateway.FunctionalTests.Checks.Servers;

/// <summary>How a real server is started for the self-test to ask.</summary>
/// <param name="Name">Short, in tests' names.</param>
/// <param name="Program">The program, found by <see cref="Gateway.Testing.Peers.DebianPeer"/>.</param>
/// <param name="Ports">How many ports it listens on, each with another configuration.</param>
/// <param name="Command">Writes the configuration into a folder of its own that everybody may write, and gives the arguments.</param>
internal sealed record ServerRecipe(string Name, string Program, int Ports, Func<ServerFolder, Task<IReadOnlyList<string>>> Command)
{
    /// <summary>A recipe that writes one file.</summary>
    public static ServerRecipe Of(string name, string program, int ports, Func<ServerFolder, IReadOnlyList<string>> command) =>
        new(name, program, ports, folder => Task.FromResult(command(folder)));

    /// <summary>A user that it has to be started as; null: root.</summary>
    public string? User { get; init; }

    /// <summary>A second file that has to be there, of another package.</summary>
    public (string File, string Package)? Also { get; init; }
}
