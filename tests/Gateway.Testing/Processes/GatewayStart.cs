using Gateway.Testing.Network;

namespace Gateway.Testing.Processes;

/// <summary>How a Gateway process is started, apart from its configuration.</summary>
public sealed record GatewayStart
{
    /// <summary>Where it runs; null: here.</summary>
    public NetworkNamespace? Inside { get; init; }

    /// <summary>Put in front of the command, e.g. setpriv with fewer rights.</summary>
    public IReadOnlyList<string> Prefix { get; init; } = [];

    /// <summary>Environment variables.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>The whole command for a file.</summary>
    internal IReadOnlyList<string> Command(string file) =>
        [.. Inside?.CommandPrefix ?? [], .. Prefix, RepositoryPaths.GatewayExecutable, "run", "--config", file];
}
