using System.Collections.Frozen;
using System.Net.Security;

namespace Gateway.Tls;

/// <summary>
/// Chooses the certificate for a client: the certificate with the exact name that the client asks for, else one with a wildcard in place of
/// the first label (RFC 9525, section 6.3), else the default. If two certificates have the same name, the first in the file is used.
/// </summary>
internal sealed class ServerNameTable
{
    private const string Wildcard = "*.";

    private readonly IReadOnlyList<ServerTlsOptions> _all;
    private readonly SslServerAuthenticationOptions? _default;
    private readonly FrozenDictionary<string, SslServerAuthenticationOptions> _exact;
    private readonly FrozenDictionary<string, SslServerAuthenticationOptions>.AlternateLookup<ReadOnlySpan<char>> _wildcards;

    /// <summary>Makes the table.</summary>
    /// <param name="all">All certificates, in the order of the file.</param>
    /// <param name="fallback">The default; null: none.</param>
    public ServerNameTable(IReadOnlyList<ServerTlsOptions> all, ServerTlsOptions? fallback)
    {
        (_all, _default) = (all, fallback?.Options);
        var names = all.SelectMany(static options => options.Pair.Names.Select(name => (Name: name.TrimEnd('.'), options.Options)))
            .DistinctBy(static entry => entry.Name, StringComparer.OrdinalIgnoreCase)
            .ToLookup(static entry => entry.Name.StartsWith(Wildcard, StringComparison.Ordinal));
        _exact = names[false].ToFrozenDictionary(
            static entry => entry.Name,
            static entry => entry.Options,
            StringComparer.OrdinalIgnoreCase);
        _wildcards = names[true].ToFrozenDictionary(
            static entry => entry.Name[Wildcard.Length..],
            static entry => entry.Options,
            StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>The options of the certificate for a name; null: no certificate matches, and there is no default.</summary>
    /// <param name="serverName">The name that the client asks for; empty: the client asks for none.</param>
    public SslServerAuthenticationOptions? Find(string serverName)
    {
        var name = serverName.EndsWith('.') ? serverName[..^1] : serverName;
        if (_exact.TryGetValue(name, out var options))
        {
            return options;
        }

        var dot = name.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && _wildcards.TryGetValue(name.AsSpan(dot + 1), out options) ? options : _default;
    }

    /// <summary>The existing options of the same certificate and CAs; null: there are none.</summary>
    public ServerTlsOptions? Reuse(CertificatePair pair, CertificateAuthorities? authorities) =>
        _all.FirstOrDefault(options =>
            ReferenceEquals(options.Pair, pair) && ReferenceEquals(options.Authorities, authorities));
}
