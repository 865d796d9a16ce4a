using Gateway.Testing;

namespace Gateway.FunctionalTests.Reload;

/// <summary>A mounted ConfigMap as the kubelet keeps it: file → ..data/file, and ..data → a folder that is swapped by renaming a symlink.</summary>
internal sealed class ConfigMapFolder : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private int _version;

    public ConfigMapFolder(string text)
    {
        Directory.CreateDirectory(_folder.Combine("..v0"));
        _folder.Write("..v0/appsettings.json", text);
        File.CreateSymbolicLink(_folder.Combine("..data"), "..v0");
        File.CreateSymbolicLink(_folder.Combine("appsettings.json"), "..data/appsettings.json");
    }

    /// <summary>What the gateway is told to read.</summary>
    public string FilePath => _folder.Combine("appsettings.json");

    /// <summary>Puts a new version in place in one step.</summary>
    public void Swap(string text)
    {
        var name = $"..v{++_version}";
        Directory.CreateDirectory(_folder.Combine(name));
        _folder.Write($"{name}/appsettings.json", text);
        File.CreateSymbolicLink(_folder.Combine("..data_tmp"), name);
        _folder.Rename("..data_tmp", "..data");
        Directory.Delete(_folder.Combine($"..v{_version - 1}"), recursive: true);
    }

    /// <summary>Writes the current version's file in place, as an editor does.</summary>
    public void Write(string text) => File.WriteAllText(FilePath, text);

    public void Dispose() => _folder.Dispose();
}
