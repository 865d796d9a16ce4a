namespace Gateway.Testing;

/// <summary>A mounted ConfigMap or Secret as the kubelet keeps it: file → ..data/file, and ..data → a folder that is swapped by renaming a symlink.</summary>
public sealed class MountedFolder : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private int _version;

    /// <summary>Mounts files.</summary>
    /// <param name="files">Their texts by name.</param>
    public MountedFolder(IReadOnlyDictionary<string, string> files)
    {
        ArgumentNullException.ThrowIfNull(files);
        WriteVersion("..v0", files);
        File.CreateSymbolicLink(Combine("..data"), "..v0");
        foreach (var name in files.Keys)
        {
            File.CreateSymbolicLink(Combine(name), $"..data/{name}");
        }
    }

    /// <summary>The path of a file in it.</summary>
    public string Combine(string name) => _folder.Combine(name);

    /// <summary>Puts a new version of all files in place in one step.</summary>
    public void Swap(IReadOnlyDictionary<string, string> files)
    {
        var name = $"..v{++_version}";
        WriteVersion(name, files);
        File.CreateSymbolicLink(Combine("..data_tmp"), name);
        _folder.Rename("..data_tmp", "..data");
        Directory.Delete(Combine($"..v{_version - 1}"), recursive: true);
    }

    /// <inheritdoc />
    public void Dispose() => _folder.Dispose();

    private void WriteVersion(string name, IReadOnlyDictionary<string, string> files)
    {
        Directory.CreateDirectory(Combine(name));
        foreach (var (file, text) in files)
        {
            _folder.Write($"{name}/{file}", text);
        }
    }
}
