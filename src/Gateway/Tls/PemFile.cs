using Gateway.Configuration.Files;

namespace Gateway.Tls;

/// <summary>
/// One file of certificates, keys or revocation lists. It is read by one thread at a time, and whoever asks meanwhile gets what that read
/// gives: a read from a network file system whose server has gone does not return, and another one would hang beside it.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="read">Reads it, and may take for ever.</param>
internal sealed class PemFile(string path, Func<string, ConfigFileRead> read)
{
    // A bundle of all public CAs has 220 KB; and a wrong path (a log, a device) is not read into memory.
    private const int MaxBytes = 1024 * 1024;

    private readonly Lock _lock = new();
    private Task<ConfigFileRead>? _underWay;

    /// <summary>The file as it is now.</summary>
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
