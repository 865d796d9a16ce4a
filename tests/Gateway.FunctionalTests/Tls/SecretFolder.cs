using Gateway.Testing;
using Gateway.Testing.Certificates;

namespace Gateway.FunctionalTests.Tls;

/// <summary>A mounted Secret of type kubernetes.io/tls.</summary>
internal sealed class SecretFolder(TestCertificate certificate) : IDisposable
{
    private readonly MountedFolder _folder = new(Files(certificate));

    public string CertificatePath => _folder.Combine("tls.crt");

    public string KeyPath => _folder.Combine("tls.key");

    /// <summary>The section of a listener.</summary>
    public object Section => new { Path = CertificatePath, KeyPath };

    /// <summary>Puts another pair in place in one step.</summary>
    public void Swap(TestCertificate next) => _folder.Swap(Files(next));

    public void Dispose() => _folder.Dispose();

    private static Dictionary<string, string> Files(TestCertificate pair) =>
        new() { ["tls.crt"] = pair.Certificate, ["tls.key"] = pair.Key };
}
