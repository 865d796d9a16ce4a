using System.Globalization;

namespace Gateway.Tls;

/// <summary>CAs, and their revocation lists if there are any.</summary>
internal sealed class AuthoritiesPart(string name, IReadOnlyList<WatchedFile> files) : TlsPart(name, files)
{
    private volatile CertificateAuthorities? _current;

    /// <summary>What is in use.</summary>
    public CertificateAuthorities? Current => _current;

    // Of the lists: CAs outlive what they sign by years.
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
