using System.Buffers;
using Gateway.ProxyProtocol;
using Gateway.Tcp.Relaying;

namespace Gateway.Tcp.Identification;

/// <summary>
/// Keeps a PROXY header of a client that may not send one from the backend, when the first bytes come only after the backend was dialed.
/// Pieces that could still become a signature are sent on (holding them back would stall a client that sent a lone "P"); the piece that
/// completes a signature never is, so that no backend ever sees a whole one.
/// </summary>
public sealed class FirstBytesGuard : IFirstBytesGuard
{
    private FirstBytes _seen;
    private int _length;

    /// <summary>The version whose signature was refused; null: none was.</summary>
    public ProxyVersion? Refused { get; private set; }

    /// <inheritdoc/>
    public GuardVerdict Inspect(ReadOnlySpan<byte> bytes)
    {
        Span<byte> seen = _seen;
        var added = Math.Min(bytes.Length, ProxySignature.MaxLength - _length);
        bytes[..added].CopyTo(seen[_length..]);
        _length += added;
        var match = ProxySignature.Match(seen[.._length]);
        Refused = ProxySignature.VersionOf(match);
        return match switch
        {
            ProxySignatureMatch.Partial => GuardVerdict.More,
            ProxySignatureMatch.None => GuardVerdict.Pass,
            _ => GuardVerdict.Refuse,
        };
    }

    /// <summary>The same over any number of segments.</summary>
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
