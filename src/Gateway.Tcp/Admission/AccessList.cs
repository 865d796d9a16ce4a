using System.Net;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Networks;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Admission;

/// <summary>A listener's <c>Access</c> section, resolved. Immutable. A v4-mapped address counts as IPv4.</summary>
public sealed class AccessList
{
    private static readonly object Mark = new();

    private readonly PrefixTable<object>? _allow;
    private readonly PrefixTable<object>? _deny;

    private readonly TrustDomains? _trustDomains;

    private AccessList(PrefixTable<object>? allow, PrefixTable<object>? deny, TrustDomains? trustDomains) =>
        (_allow, _deny, _trustDomains) = (allow, deny, trustDomains);

    /// <summary>Resolves a section; null if the section is absent, or all its lists are empty.</summary>
    /// <param name="config">The validated section; null: absent.</param>
    /// <param name="networks">The section <c>Networks</c>.</param>
    public static AccessList? From(AccessConfig? config, IReadOnlyDictionary<string, IReadOnlyList<string>> networks)
    {
        ArgumentNullException.ThrowIfNull(networks);
        return config is null or { Allow.Count: 0, Deny.Count: 0, TrustDomains.Count: 0 }
            ? null
            : new AccessList(
                TableOf(config.Allow, networks),
                TableOf(config.Deny, networks),
                config.TrustDomains.Count == 0 ? null : new TrustDomains(config.TrustDomains));
    }

    /// <summary>Why a client is not admitted; null: it is. Deny wins.</summary>
    public Outcome? Check(IPAddress client)
    {
        ArgumentNullException.ThrowIfNull(client);
        return _deny?.Match(client, out _) is not null ? AdmissionOutcomes.Denied
            : _allow is not null && _allow.Match(client, out _) is null ? AdmissionOutcomes.NotAllowed
            : null;
    }

    /// <summary>
    /// Why the caller of a connection is not admitted; null: it is in one of the trust domains. It is asked of the connection, because
    /// a SPIFFE id names who opened the connection, and not the clients that a proxy carries on it.
    /// </summary>
    /// <param name="tlvs">The TLVs of the connection's trusted header.</param>
    public Outcome? CheckCaller(ReadOnlySpan<byte> tlvs) =>
        _trustDomains?.Contains(tlvs) == false ? AdmissionOutcomes.NotInTrustDomain : null;

    private static PrefixTable<object>? TableOf(IReadOnlyList<string> list, IReadOnlyDictionary<string, IReadOnlyList<string>> networks) =>
        list.Count == 0
            ? null
            : new PrefixTable<object>(NetworkList.Resolve(list, networks).Select(static network => (network, 0, Mark)));
}
