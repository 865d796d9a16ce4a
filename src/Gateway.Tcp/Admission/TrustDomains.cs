using System.Text;
using Gateway.ProxyProtocol;

namespace Gateway.Tcp.Admission;

/// <summary>The list <c>Access:TrustDomains</c> of a listener, resolved. Immutable; a look allocates nothing.</summary>
/// <param name="names">The trust domains, validated. A listener has few, so a search through all of them is fastest.</param>
internal sealed class TrustDomains(IReadOnlyList<string> names)
{
    private static readonly ProxyTlvField SpiffeId =
        ProxyTlvField.TryParse(nameof(ProxyTlvType.SpiffeId), out var field) ? field : throw new InvalidOperationException("No such TLV.");

    private readonly byte[][] _names = [.. names.Select(Encoding.ASCII.GetBytes)];

    /// <summary>Whether the first SPIFFE id of a header is of one of the trust domains.</summary>
    public bool Contains(ReadOnlySpan<byte> tlvs)
    {
        if (!SpiffeId.TryFindValue(tlvs, out var id) || !ProxySpiffeId.TryReadTrustDomain(id, out var domain))
        {
            return false;
        }

        foreach (var name in _names)
        {
            if (domain.SequenceEqual(name))
            {
                return true;
            }
        }

        return false;
    }
}
