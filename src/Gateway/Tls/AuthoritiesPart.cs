using System.Globalization;

namespace Gateway.Tls;

/// <summary>The trusted CAs of a listener or cluster, with their revocation lists if the configuration names any.</summary>
internal sealed class AuthoritiesPart(string name, IReadOnlyList<WatchedFile> files) : TlsPart(name, files)
{
    private volatile CertificateAuthorities? _current;

    /// <summary>The CAs in use; null: none were read yet.</summary>
    public CertificateAuthorities? Current => _current;

    // The end of the revocation lists, not of the CAs, because CAs are valid for years longer than the lists that they sign.
    /// <inheritdoc/>
    public override DateTimeOffset? Expires => _current?.Revocations?.FirstEnd;

    /// <inheritdoc/>
    public override string Describe() => _current is not { } authorities ? "nothing"
        : string.Create(CultureInfo.InvariantCulture, $"{authorities.Certificates.Count} CA(s)")
            + (authorities.Revocations is { } lists ? $", revocation lists {lists.Describe()}" : "");

    /// <inheritdoc/>
    protected override (int File, string? Problem) Parse(string[] texts)
    {
        var parsed = CertificateAuthorities.Parse(texts[0], texts.Length > 1 ? texts[1] : null);
        if (parsed.Value is { } authorities)
        {
            _current = authorities;
        }

        return (parsed.File, parsed.Problem);
    }
}
