using System.Globalization;
using Gateway.Tcp.Configuration;

namespace Gateway.Tls;

/// <summary>A certificate with its key, in one file or two.</summary>
/// <param name="name">The part's name in metrics.</param>
/// <param name="keyPath">Gives the key path of a property of the certificate's section.</param>
/// <param name="config">The certificate's section.</param>
internal sealed class PairPart(string name, Func<string, string> keyPath, CertificateConfig config)
    : TlsPart(name, FilesOf(keyPath, config))
{
    private volatile CertificatePair? _current;

    /// <summary>The pair in use; null: none was read yet.</summary>
    public CertificatePair? Current => _current;

    /// <inheritdoc/>
    public override DateTimeOffset? Expires => _current is { } pair ? new DateTimeOffset(pair.Leaf.NotAfter) : null;

    /// <inheritdoc/>
    public override string Describe() => _current is not { } pair ? "nothing"
        : string.Create(
            CultureInfo.InvariantCulture,
            $"{pair.Leaf.Subject}, until {pair.Leaf.NotAfter:yyyy-MM-dd}, for {string.Join(' ', pair.Names)}");

    /// <inheritdoc/>
    protected override (int File, string? Problem) Parse(string[] texts)
    {
        var parsed = CertificatePair.Parse(texts[0], texts[^1]);
        if (parsed.Value is { } pair)
        {
            _current = pair;
        }

        return (Math.Min(parsed.File, texts.Length - 1), parsed.Problem);
    }

    private static WatchedFile[] FilesOf(Func<string, string> keyPath, CertificateConfig config)
    {
        var certificate = new WatchedFile(keyPath(nameof(config.Path)), config.Path ?? "");
        return config.KeyPath is { } key ? [certificate, new WatchedFile(keyPath(nameof(config.KeyPath)), key)] : [certificate];
    }
}
