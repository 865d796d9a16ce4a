namespace Gateway.Testing.Certificates;

/// <summary>A certificate and its key, in files.</summary>
/// <param name="Path">The certificate's file.</param>
/// <param name="KeyPath">The key's file.</param>
public sealed record PemPair(string Path, string KeyPath)
{
    /// <summary>Writes both into a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="name">The files' name, without what is behind the dot.</param>
    /// <param name="certificate">What to write.</param>
    public static PemPair Write(TemporaryFolder folder, string name, TestCertificate certificate)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(certificate);
        return new PemPair(folder.Write($"{name}.crt", certificate.Certificate), folder.Write($"{name}.key", certificate.Key));
    }
}
