using Gateway.Testing;
using Gateway.Testing.Network;

namespace Gateway.FunctionalTests.Checks.Servers;

/// <summary>A folder and ports for one server.</summary>
internal sealed class ServerFolder(int ports) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public IReadOnlyList<int> Ports { get; } = [.. Enumerable.Range(0, ports).Select(_ => FreePorts.Next())];

    /// <summary>Its path.</summary>
    public string Path { get; private set; } = "";

    /// <summary>Makes it: servers give root up, so everybody may write.</summary>
    public ServerFolder Open()
    {
        Path = Folder("all");
        return this;
    }

    /// <summary>A folder inside that everybody may write.</summary>
    public string Folder(string name)
    {
        var path = Path.Length == 0 ? _folder.Combine(name) : System.IO.Path.Combine(Path, name);
        Directory.CreateDirectory(path);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, (UnixFileMode)0b111_111_111);
        }

        return path;
    }

    /// <summary>Writes a file and gives its path.</summary>
    public string Write(string name, string text)
    {
        var path = System.IO.Path.Combine(Path, name);
        File.WriteAllText(path, text);
        return path;
    }

    public void Dispose() => _folder.Dispose();
}
