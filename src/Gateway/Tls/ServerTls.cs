using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using System.Text;
using Gateway.Configuration;
using Gateway.Tcp.Identification.Tls;
using Gateway.Tcp.Tls;

namespace Gateway.Tls;

/// <summary>The TLS server settings of one listener.</summary>
internal sealed class ServerTls : IServerTls, ITlsMaterial
{
    /// <summary>
    /// The name of the part with the CAs of clients. No certificate in the configuration has this name, because names have no underscore.
    /// </summary>
    public const string ClientAuthorities = "client_ca";

    private static readonly List<SslApplicationProtocol> OfHttps = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11];

    // Keyed by context, so that the intermediates live as long as the sessions that need them.
    private static readonly ConditionalWeakTable<SslStreamCertificateContext, KnownIntermediates> Intermediates = [];

    private readonly ListenerTlsConfig _config;
    private readonly ContentCache<SslStreamCertificateContext> _contexts;
    private readonly PairPart[] _pairs;
    private readonly AuthoritiesPart? _authorities;
    private readonly List<SslApplicationProtocol>? _alpn;
    private readonly TimeProvider _time;
    private volatile ServerNameTable? _names;

    /// <summary>Makes the settings, without reading any file.</summary>
    /// <param name="listener">The listener's name.</param>
    /// <param name="config">The listener's section, validated.</param>
    /// <param name="contexts">The contexts that are in use in this process.</param>
    /// <param name="time">The clock.</param>
    public ServerTls(string listener, ListenerConfig config, ContentCache<SslStreamCertificateContext> contexts, TimeProvider time)
    {
        (Name, _config, _contexts, _time) = (listener, config.Tls!, contexts, time);
        var path = $"Listeners:{listener}:Tls";
        _pairs =
        [
            .. _config.Certificates.Select(pair => new PairPart(pair.Key, key => $"{path}:Certificates:{pair.Key}:{key}", pair.Value)),
        ];
        _alpn = config.Protocol == ListenerProtocol.Https ? OfHttps
            : _config.Alpn.Count > 0 ? [.. _config.Alpn.Select(static name => new SslApplicationProtocol(Encoding.Latin1.GetBytes(name)))]
            : null;
        if (_config.ClientCertificates is { } clients)
        {
            var authorities = new WatchedFile($"{path}:ClientCertificates:CaPath", clients.CaPath ?? "");
            _authorities = new AuthoritiesPart(
                ClientAuthorities,
                clients.CrlPath is { } lists
                    ? [authorities, new WatchedFile($"{path}:ClientCertificates:CrlPath", lists)]
                    : [authorities]);
        }
    }

    /// <inheritdoc/>
    public string Label => "listener";

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public IReadOnlyList<TlsPart> Parts => _authorities is null ? _pairs : [.. _pairs, _authorities];

    /// <inheritdoc/>
    public TimeSpan HandshakeTimeout => _config.HandshakeTimeout;

    /// <inheritdoc/>
    public SslServerAuthenticationOptions? OptionsFor(string serverName, EcdsaCurves ecdsa = EcdsaCurves.All) =>
        _names?.Find(serverName, ecdsa);

    /// <inheritdoc/>
    public void Rebuild()
    {
        var options = new List<(PairPart Part, ServerTlsOptions Options)>();
        foreach (var part in _pairs)
        {
            if (part.Current is { } pair)
            {
                options.Add((part, _names?.Reuse(pair, _authorities?.Current) ?? Create(pair, _authorities?.Current)));
            }
        }

        var name = _config.DefaultCertificate;
        var fallback = options.Find(entry => entry.Part.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Options;
        _names = new ServerNameTable([.. options.Select(static entry => entry.Options)], fallback);
    }

    private ServerTlsOptions Create(CertificatePair pair, CertificateAuthorities? authorities)
    {
        // The listener's name is part of the key, because a client may resume a session only on a listener that would ask it for the same
        // certificate.
        var content = ContentCache<SslStreamCertificateContext>.KeyOf(
            Name.ToUpperInvariant(),
            pair.Content,
            authorities?.Content,
            _config.OcspStapling ? "ocsp" : "");
        var context = _contexts.GetOrAdd(
            content,
            () => SslStreamCertificateContext.Create(
                pair.Leaf,
                pair.Intermediates,
                offline: !_config.OcspStapling,
                authorities?.CreateTrust()));
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = context,
            EnabledSslProtocols = _config.MinVersion == TlsVersion.Tls13 ? SslProtocols.Tls13 : SslProtocols.Tls12 | SslProtocols.Tls13,
            ApplicationProtocols = _alpn,
            AllowRenegotiation = false,
        };
        if (authorities is not null)
        {
            options.ClientCertificateRequired = true;
            options.CertificateChainPolicy = authorities.CreatePolicy();
            options.RemoteCertificateValidationCallback = new ClientCertificateRule(
                _config.ClientCertificates!.Mode ?? default,
                authorities,
                Intermediates.GetOrCreateValue(context),
                _time).Validate;
        }

        return new ServerTlsOptions(pair, authorities, options);
    }
}
