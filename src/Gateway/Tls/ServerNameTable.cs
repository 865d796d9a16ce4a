using System.Collections.Frozen;
using System.Net.Security;
using Gateway.Tcp.Identification.Tls;

namespace Gateway.Tls;

/// <summary>
/// Chooses the certificate for a client: the certificate with the exact name that the client asks for, else one with a wildcard in place of
/// the first label (RFC 9525, section 6.3), else the default. Of two certificates with the same name, of which only one is for ECDSA, a
/// client gets the one for ECDSA if it takes it (a signature costs a thirteenth of RSA's), else the other one. Of two of the same kind, the
/// first in the file is used.
/// </summary>
internal sealed class ServerNameTable
{
    private const string Wildcard = "*.";

    private readonly IReadOnlyList<ServerTlsOptions> _all;
    private readonly SslServerAuthenticationOptions? _default;
    private readonly FrozenDictionary<string, Choice> _exact;
    private readonly FrozenDictionary<string, Choice>.AlternateLookup<ReadOnlySpan<char>> _wildcards;

    /// <summary>Makes the table.</summary>
    /// <param name="all">All certificates, in the order of the file.</param>
    /// <param name="fallback">The default; null: none.</param>
    public ServerNameTable(IReadOnlyList<ServerTlsOptions> all, ServerTlsOptions? fallback)
    {
        (_all, _default) = (all, fallback?.Options);
        var names = all.SelectMany(static options => options.Pair.Names.Select(name => (Name: name.TrimEnd('.'), Options: options)))
            .GroupBy(static entry => entry.Name, static entry => entry.Options, StringComparer.OrdinalIgnoreCase)
            .ToLookup(static group => group.Key.StartsWith(Wildcard, StringComparison.Ordinal));
        _exact = names[false].ToFrozenDictionary(
            static group => group.Key,
            Choice.Of,
            StringComparer.OrdinalIgnoreCase);
        _wildcards = names[true].ToFrozenDictionary(
            static group => group.Key[Wildcard.Length..],
            Choice.Of,
            StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>The options of the certificate for a name; null: no certificate matches, and there is no default.</summary>
    /// <param name="serverName">The name that the client asks for; empty: the client asks for none.</param>
    /// <param name="ecdsa">The curves for which the client takes an ECDSA certificate.</param>
    public SslServerAuthenticationOptions? Find(string serverName, EcdsaCurves ecdsa)
    {
        var name = serverName.EndsWith('.') ? serverName[..^1] : serverName;
        if (_exact.TryGetValue(name, out var choice))
        {
            return choice.For(ecdsa);
        }

        var dot = name.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && _wildcards.TryGetValue(name.AsSpan(dot + 1), out choice) ? choice.For(ecdsa) : _default;
    }

    /// <summary>The existing options of the same certificate and CAs; null: there are none.</summary>
    public ServerTlsOptions? Reuse(CertificatePair pair, CertificateAuthorities? authorities) =>
        _all.FirstOrDefault(options =>
            ReferenceEquals(options.Pair, pair) && ReferenceEquals(options.Authorities, authorities));

    /// <summary>The certificates of one name.</summary>
    /// <param name="First">The first in the file.</param>
    /// <param name="Second">The first one of the other kind; null: all are of one kind.</param>
    private sealed record Choice(ServerTlsOptions First, ServerTlsOptions? Second)
    {
        public static Choice Of(IEnumerable<ServerTlsOptions> all)
        {
            var first = all.First();
            return new Choice(first, all.FirstOrDefault(other => IsEcdsa(other) != IsEcdsa(first)));
        }

        public SslServerAuthenticationOptions For(EcdsaCurves taken)
        {
            if (Second is null)
            {
                return First.Options;
            }

            var (ecdsa, other) = IsEcdsa(First) ? (First, Second) : (Second, First);
            return ((ecdsa.Pair.Curve & taken) != EcdsaCurves.None ? ecdsa : other).Options;
        }

        private static bool IsEcdsa(ServerTlsOptions options) => options.Pair.Curve != EcdsaCurves.None;
    }
}
