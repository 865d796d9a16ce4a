using System.Net.Security;
using Gateway.Tcp.Identification.Tls;
using Gateway.Tcp.Tls;

namespace Gateway.Tests.Tcp.Tls;

/// <summary>A listener's TLS with the given options by name; for other names null, which is "unrecognized".</summary>
internal sealed class TestServerTls(params (string Name, SslServerAuthenticationOptions Options)[] names) : IServerTls
{
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    public SslServerAuthenticationOptions? OptionsFor(string serverName, EcdsaCurves ecdsa = EcdsaCurves.All) =>
        names.FirstOrDefault(entry => entry.Name == serverName).Options;
}
