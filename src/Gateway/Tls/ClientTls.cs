using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Tls;

namespace Gateway.Tls;

/// <summary>
/// The TLS client settings for the destinations of one cluster: the trusted CAs, and the certificate that the gateway sends.
/// </summary>
internal sealed class ClientTls : IClientTls, ITlsMaterial
{
    /// <summary>The name of the part with the certificate that the gateway sends.</summary>
    public const string OwnCertificate = "client_certificate";

    /// <summary>The name of the part with the CAs.</summary>
    public const string Authorities = "ca";

    private readonly ClusterTlsConfig _config;
    private readonly ContentCache<ClientCredentials> _credentials;
    private readonly List<SslApplicationProtocol>? _alpn;
    private readonly PairPart? _pair;
    private readonly AuthoritiesPart? _authorities;
    private volatile ClientCredentials _current = new(null, null);

    /// <summary>Makes the settings, without reading any file.</summary>
    /// <param name="cluster">The cluster's name.</param>
    /// <param name="config">The cluster's TLS section, validated.</param>
    /// <param name="pair">Gives the key path of a property of the cluster's certificate.</param>
    /// <param name="authorities">The key path of the cluster's CAs.</param>
    /// <param name="credentials">The credentials that are in use in this process.</param>
    public ClientTls(
        string cluster,
        ClusterTlsConfig config,
        Func<string, string> pair,
        string authorities,
        ContentCache<ClientCredentials> credentials)
    {
        (Name, _config, _credentials) = (cluster, config, credentials);
        _alpn = config.Alpn.Count > 0
            ? [.. config.Alpn.Select(static name => new SslApplicationProtocol(Encoding.Latin1.GetBytes(name)))]
            : null;
        _pair = config.Certificate is { } certificate ? new PairPart(OwnCertificate, pair, certificate) : null;
        _authorities = config.CaPath is { } path ? new AuthoritiesPart(Authorities, [new WatchedFile(authorities, path)]) : null;
    }

    /// <inheritdoc/>
    public string Label => "cluster";

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public IReadOnlyList<TlsPart> Parts => [.. new TlsPart?[] { _pair, _authorities }.OfType<TlsPart>()];

    /// <summary>The credentials in use: the same object as long as the contents of the files are the same.</summary>
    public ClientCredentials Current => _current;

    /// <inheritdoc/>
    public SslClientAuthenticationOptions OptionsFor(string host)
    {
        var options = new SslClientAuthenticationOptions { TargetHost = _config.ServerName ?? host, ApplicationProtocols = _alpn };
        _current.Apply(options);
        options.RemoteCertificateValidationCallback = Validate;
        return options;
    }

    /// <inheritdoc/>
    public void Rebuild()
    {
        var (pair, authorities) = (_pair?.Current, _authorities?.Current);
        _current = _credentials.GetOrAdd(
            ContentCache<ClientCredentials>.KeyOf(pair?.Content, authorities?.Content),
            () => new ClientCredentials(
                pair is null ? null : SslStreamCertificateContext.Create(pair.Leaf, pair.Intermediates, offline: true),
                authorities));
    }

    private bool Validate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        var problem = _config.DangerousAcceptAnyServerCertificate ? null : CertificateVerdict.Of(certificate, chain, errors);
        if (problem is not null && sender is TlsStream stream)
        {
            stream.Problem = problem;
        }

        return problem is null;
    }
}
