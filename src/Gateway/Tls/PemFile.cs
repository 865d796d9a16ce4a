using Gateway.Configuration.Files;

namespace Gateway.Tls;

/// <summary>
/// One file of certificates, keys or revocation lists. Only one thread reads the file at a time, and callers that ask meanwhile get the
/// result of that read, because a read from a network file system does not return when its server has gone: a second read would hang, too.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="read">Reads the file, and may never return.</param>
internal sealed class PemFile(string path, Func<string, ConfigFileRead> read)
{
    // A bundle of all public CAs has 220 KB. The limit keeps a wrong file (a log, a device) out of memory.
    private const int MaxBytes = 1024 * 1024;

    private readonly Lock _lock = new();
    private Task<ConfigFileRead>? _underWay;

    /// <summary>Reads the file, or joins the read that is under way.</summary>
    public Task<ConfigFileRead> ReadAsync()
    {
        lock (_lock)
        {
            return _underWay is { IsCompleted: false } ? _underWay : _underWay = Task.Run(() => read(path));
        }
    }

    /// <summary>Reads a regular file of at most 1 MiB.</summary>
    public static ConfigFileRead ReadText(string path) =>
        ConfigFileText.TryRead(path, out var text, out var error, MaxBytes)
            ? new ConfigFileRead(text, null)
            : new ConfigFileRead(null, error);
}
