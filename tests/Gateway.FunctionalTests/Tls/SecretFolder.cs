using Gateway.Testing;
using Gateway.Testing.Certificates;

namespace Gateway.FunctionalTests.Tls;

/// <summary>A mounted TLS secret as the kubelet keeps it: tls.crt → ..data/tls.crt, and ..data → a folder that is swapped by renaming a symlink.</summary>
internal sealed class SecretFolder : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private int _version;

    public SecretFolder(TestCertificate certificate)
    {
        WriteVersion("..v0", certificate);
        File.CreateSymbolicLink(_folder.Combine("..data"), "..v0");
        File.CreateSymbolicLink(CertificatePath, "..data/tls.crt");
        File.CreateSymbolicLink(KeyPath, "..data/tls.key");
    }

    public string CertificatePath => _folder.Combine("tls.crt");

    public string KeyPath => _folder.Combine("tls.key");

    /// <summary>The section of a listener.</summary>
    public object Section => new { Path = CertificatePath, KeyPath };

    /// <summary>Puts another pair in place in one step.</summary>
    public void Swap(TestCertificate certificate)
    {
        var name = $"..v{++_version}";
        WriteVersion(name, certificate);
        File.CreateSymbolicLink(_folder.Combine("..data_tmp"), name);
        _folder.Rename("..data_tmp", "..data");
        Directory.Delete(_folder.Combine($"..v{_version - 1}"), recursive: true);
    }

    /// <summary>Writes another file beside them.</summary>
    public string Write(string name, string text) => _folder.Write(name, text);

    public void Dispose() => _folder.Dispose();

    private void WriteVersion(string name, TestCertificate certificate)
    {
        Directory.CreateDirectory(_folder.Combine(name));
        _folder.Write($"{name}/tls.crt", certificate.Certificate);
        _folder.Write($"{name}/tls.key", certificate.Key);
    }
}
