using System.Collections.Concurrent;
using System.Net.Security;
using Gateway.Configuration.Files;
using Gateway.Tcp.Configuration;

namespace Gateway.Tls;

/// <summary>
/// Reads the files of certificates, keys, CAs and revocation lists. One for a process: what was made of them outlives configurations.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="read">Reads a file, and may take for ever; null: <see cref="PemFile.ReadText"/>.</param>
internal sealed class CertificateStore(TimeProvider time, Func<string, ConfigFileRead>? read = null)
{
    private readonly ConcurrentDictionary<string, PemFile> _files = new(StringComparer.Ordinal);

    /// <summary>The clock.</summary>
    public TimeProvider Time => time;

    /// <summary>Contexts of servers, in which clients' sessions live.</summary>
    public ContentCache<SslStreamCertificateContext> Contexts { get; } = new();

    /// <summary>What clusters' clients show and trust.</summary>
    public ContentCache<ClientCredentials> Credentials { get; } = new();

    /// <summary>Reads all files of a configuration that is to come into force.</summary>
    /// <returns>What is wrong with them, each with its key path; empty: it can come into force.</returns>
    public async Task<IReadOnlyList<Finding>> LoadAsync(TlsModel model)
    {
        await Task.WhenAll(model.Materials.Select(LoadPartsAsync));
        return [.. model.Problems];
    }

    /// <summary>A part's files as they are now.</summary>
    /// <param name="part">The part.</param>
    /// <param name="limit">How long to wait.</param>
    /// <returns>Null: one of them has not answered in time.</returns>
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

    /// <summary>What is read of a file that does not answer.</summary>
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
