using Gateway.Testing;

namespace Gateway.FunctionalTests.Reload;

/// <summary>A mounted ConfigMap with the gateway's configuration.</summary>
internal sealed class ConfigMapFolder(string text) : IDisposable
{
    private const string Name = "appsettings.json";
    private readonly MountedFolder _folder = new(new Dictionary<string, string> { [Name] = text });

    /// <summary>What the gateway is told to read.</summary>
    public string FilePath => _folder.Combine(Name);

    /// <summary>Puts a new version in place in one step.</summary>
    public void Swap(string text) => _folder.Swap(new Dictionary<string, string> { [Name] = text });

    /// <summary>Writes the current version's file in place, as an editor does.</summary>
    public void Write(string text) => File.WriteAllText(FilePath, text);

    public void Dispose() => _folder.Dispose();
}
