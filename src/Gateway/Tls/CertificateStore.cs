using System.Collections.Concurrent;
using System.Net.Security;
using Gateway.Configuration.Files;
using Gateway.Tcp.Configuration;

namespace Gateway.Tls;

/// <summary>
/// Reads the files of certificates, keys, CAs and revocation lists. A process has one store, because the TLS contexts made from the files
/// outlive a reload of the configuration.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="read">Reads a file, and may never return; null: <see cref="PemFile.ReadText"/>.</param>
internal sealed class CertificateStore(TimeProvider time, Func<string, ConfigFileRead>? read = null)
{
    private readonly ConcurrentDictionary<string, PemFile> _files = new(StringComparer.Ordinal);

    /// <summary>The clock.</summary>
    public TimeProvider Time => time;

    /// <summary>The TLS contexts of listeners. A context holds the sessions that clients may resume.</summary>
    public ContentCache<SslStreamCertificateContext> Contexts { get; } = new();

    /// <summary>The certificates and CAs that the TLS clients of clusters use.</summary>
    public ContentCache<ClientCredentials> Credentials { get; } = new();

    /// <summary>Reads all files of a configuration before it comes into force.</summary>
    /// <returns>The problems of the files, each with its key path; empty: the configuration can come into force.</returns>
    public async Task<IReadOnlyList<Finding>> LoadAsync(TlsModel model)
    {
        await Task.WhenAll(model.Materials.Select(LoadPartsAsync));
        return [.. model.Problems];
    }

    /// <summary>Reads the files of a part.</summary>
    /// <param name="part">The part.</param>
    /// <param name="limit">How long to wait.</param>
    /// <returns>The contents or errors of the files; null: the read of at least one file did not end in time.</returns>
    public async Task<IReadOnlyList<ConfigFileRead>?> TryReadAsync(TlsPart part, TimeSpan limit)
    {
        var reads = part.Files.Select(file => _files.GetOrAdd(file.Path, path => new PemFile(path, read ?? PemFile.ReadText)).ReadAsync());
        try
        {
            return await Task.WhenAll(reads).WaitAsync(limit, time);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    /// <summary>The read results for a part whose file system does not answer: an error for each file.</summary>
    public static IReadOnlyList<ConfigFileRead> SilenceOf(TlsPart part) =>
        [.. part.Files.Select(static _ => new ConfigFileRead(
            null,
            $"there is no answer from its file system within {ConfigFileReading.DefaultLimit.TotalSeconds:0.###} s"))];

    private async Task LoadPartsAsync(ITlsMaterial material)
    {
        await Task.WhenAll(material.Parts.Select(async part =>
            part.Take(await TryReadAsync(part, ConfigFileReading.DefaultLimit) ?? SilenceOf(part))));
        if (material.Parts.All(static part => part.Problem is null))
        {
            material.Rebuild();
        }
    }
}
