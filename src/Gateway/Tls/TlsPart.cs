using Gateway.Configuration.Files;
using Gateway.Tcp.Configuration;

namespace Gateway.Tls;

/// <summary>
/// Something that is made of files, and made again when they change: a pair, CAs with their revocation lists. What cannot be made of the
/// newest files changes nothing.
/// </summary>
/// <param name="name">Its name among those of its listener or cluster, as metrics have it.</param>
/// <param name="files">Its files.</param>
internal abstract class TlsPart(string name, IReadOnlyList<WatchedFile> files)
{
    private string? _seen;

    /// <summary>Its name in metrics.</summary>
    public string Name => name;

    /// <summary>Its files.</summary>
    public IReadOnlyList<WatchedFile> Files => files;

    /// <summary>Why the files on disk are not what is in use; null: they are.</summary>
    public Finding? Problem { get; private set; }

    /// <summary>When what is in use ends; null: it does not, or nothing is in use yet.</summary>
    public abstract DateTimeOffset? Expires { get; }

    /// <summary>In a few words, for the log.</summary>
    public abstract string Describe();

    /// <summary>Whether the files are others than when they were taken last, well or not.</summary>
    public bool Differs(IReadOnlyList<ConfigFileRead> reads) => SeenOf(reads) != _seen;

    /// <summary>Takes what the files say now.</summary>
    /// <returns>Whether something else is in use from now on.</returns>
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

    /// <summary>Makes it of the files' texts.</summary>
    /// <returns>What is wrong, and with which file; null: it is in use.</returns>
    protected abstract (int File, string? Problem) Parse(string[] texts);

    private static string SeenOf(IReadOnlyList<ConfigFileRead> reads) =>
        ContentCache<TlsPart>.KeyOf([.. reads.SelectMany(static read => new[] { read.Text, read.Error })]);
}
