using System.Buffers;
using Gateway.ProxyProtocol;
using Gateway.Tcp.Relaying;

namespace Gateway.Tcp.Identification;

/// <summary>
/// Keeps a PROXY header from the backend if the client may not send one, when the client's first bytes come only after the backend was
/// dialed. Bytes that could still become a signature are sent on, because holding them back would stall a client that sent a lone "P". The
/// bytes that complete a signature are never sent on, so that no backend ever sees a whole signature.
/// </summary>
/// <param name="observed">
/// Called with the version of a signature, which then passes: the guard of a policy that observes. Null: the guard refuses a signature.
/// </param>
public sealed class FirstBytesGuard(Action<ProxyVersion?>? observed = null) : IFirstBytesGuard
{
    private FirstBytes _seen;
    private int _length;

    /// <summary>The version of the signature that was refused; null: no signature was refused.</summary>
    public ProxyVersion? Refused { get; private set; }

    /// <inheritdoc/>
    public GuardVerdict Inspect(ReadOnlySpan<byte> bytes)
    {
        Span<byte> seen = _seen;
        var added = Math.Min(bytes.Length, ProxySignature.MaxLength - _length);
        bytes[..added].CopyTo(seen[_length..]);
        _length += added;
        var match = ProxySignature.Match(seen[.._length]);
        var version = ProxySignature.VersionOf(match);
        if (version is not null && observed is not null)
        {
            observed(version);
            return GuardVerdict.Pass;
        }

        Refused = version;
        return match switch
        {
            ProxySignatureMatch.Partial => GuardVerdict.More,
            ProxySignatureMatch.None => GuardVerdict.Pass,
            _ => GuardVerdict.Refuse,
        };
    }

    /// <summary>Inspects bytes in any number of segments.</summary>
    public GuardVerdict Inspect(in ReadOnlySequence<byte> bytes)
    {
        if (bytes.IsSingleSegment)
        {
            return Inspect(bytes.FirstSpan);
        }

        var verdict = GuardVerdict.More;
        foreach (var segment in bytes)
        {
            verdict = Inspect(segment.Span);
            if (verdict != GuardVerdict.More)
            {
                break;
            }
        }

        return verdict;
    }

    [System.Runtime.CompilerServices.InlineArray(ProxySignature.MaxLength)]
    private struct FirstBytes
    {
        private byte _first;
    }
}
