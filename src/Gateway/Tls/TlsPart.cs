using Gateway.Configuration.Files;
using Gateway.Tcp.Configuration;

namespace Gateway.Tls;

/// <summary>
/// A part of TLS settings that is made from files, and made again when the files change: a certificate with its key, or CAs with their
/// revocation lists. If the newest files cannot be used, the part stays as it was.
/// </summary>
/// <param name="name">The part's name in metrics, unique within its listener or cluster.</param>
/// <param name="files">Its files.</param>
internal abstract class TlsPart(string name, IReadOnlyList<WatchedFile> files)
{
    private string? _seen;

    /// <summary>The part's name in metrics.</summary>
    public string Name => name;

    /// <summary>Its files.</summary>
    public IReadOnlyList<WatchedFile> Files => files;

    /// <summary>Why the files on disk are not in use; null: they are in use.</summary>
    public Finding? Problem { get; private set; }

    /// <summary>When the part in use expires; null: never, or nothing is in use yet.</summary>
    public abstract DateTimeOffset? Expires { get; }

    /// <summary>A short description for the log.</summary>
    public abstract string Describe();

    /// <summary>Whether the files differ from those of the last call of Take, whether or not these could be used.</summary>
    public bool Differs(IReadOnlyList<ConfigFileRead> reads) => SeenOf(reads) != _seen;

    /// <summary>Parses the files, and puts the result in use if they have no problem.</summary>
    /// <returns>Whether the files are in use from now on.</returns>
    public bool Take(IReadOnlyList<ConfigFileRead> reads)
    {
        _seen = SeenOf(reads);
        for (var i = 0; i < files.Count; i++)
        {
            if (reads[i].Error is { } error)
            {
                Problem = new Finding(files[i].KeyPath, $"{files[i].Path}: {error}");
                return false;
            }
        }

        var (file, problem) = Parse([.. reads.Select(static read => read.Text!)]);
        Problem = problem is null ? null : new Finding(files[file].KeyPath, $"{files[file].Path}: {problem}");
        return problem is null;
    }

    /// <summary>Parses the texts of the files, and puts the result in use.</summary>
    /// <returns>The index of the file with a problem, and the problem; null: the result is in use.</returns>
    protected abstract (int File, string? Problem) Parse(string[] texts);

    private static string SeenOf(IReadOnlyList<ConfigFileRead> reads) =>
        ContentCache<TlsPart>.KeyOf([.. reads.SelectMany(static read => new[] { read.Text, read.Error })]);
}
