using System.Buffers;
using System.Net;
using Gateway.ProxyProtocol;
using Gateway.Tcp.Configuration;

namespace Gateway.Tcp.Identification;

/// <summary>
/// Decides who the client of a connection is, without I/O and without state. The caller passes all bytes that have come so far, the time
/// since accept and whether the stream has ended, and does what the returned step says. TCP and HTTP share this class, so that one table
/// (docs/proxy-protocol.md) describes both.
/// </summary>
/// <remarks>
/// These rules complete the table:
/// 1. A trusted peer that has to send a header, or that has completed a signature, must send the rest within HeaderTimeout; then it is cut.
/// 2. Where a header is not required, a part of a signature is not a header yet, because a client may begin with "P" and wait. The gateway
/// waits for the rest as long as it would wait in silence. Then it dials the backend behind a guard, so that a signature that is completed
/// later ends the connection.
/// 3. A health checker that stays silent for HeaderTimeout is closed silently: a destination is dialed only after the health checker's
/// first byte.
/// 4. A stream that ends within a signature cannot become a header any more: where a header is not required, those bytes are payload.
/// </remarks>
internal static class HeaderIdentification
{
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(1);

    private static readonly IdentificationStep PeerIsClient = new() { Action = IdentificationAction.Identified };

    /// <summary>Decides over contiguous bytes.</summary>
    /// <param name="policy">The listener's policy; null: the peer is the client.</param>
    /// <param name="peer">The peer's class in the policy.</param>
    /// <param name="received">All bytes since the beginning of the connection.</param>
    /// <param name="elapsed">Time since accept.</param>
    /// <param name="ended">Whether the peer has ended its side.</param>
    /// <param name="clientSpeaksFirst">
    /// Whether the protocol's client speaks first. An observing policy then waits for a header as long as an enforcing policy does, because
    /// the wait delays nobody.
    /// </param>
    public static IdentificationStep Decide(
        ProxyProtocolPolicy? policy,
        PeerClass peer,
        ReadOnlySpan<byte> received,
        TimeSpan elapsed,
        bool ended,
        bool clientSpeaksFirst = false) =>
        policy is null ? PeerIsClient
        : policy.Observes ? ObservedIdentification.Decide(policy, peer, received, elapsed, ended, clientSpeaksFirst)
        : Enforce(policy, peer, received, elapsed, ended);

    /// <summary>Decides as a policy that enforces its rules, even if the given policy only observes.</summary>
    internal static IdentificationStep Enforce(
        ProxyProtocolPolicy policy, PeerClass peer, ReadOnlySpan<byte> received, TimeSpan elapsed, bool ended)
    {
        if (peer == PeerClass.Rejected)
        {
            return Refuse(IdentificationRefusal.UntrustedPeer);
        }

        if (received.IsEmpty)
        {
            return ended ? Silent() : DecideOnSilence(policy, peer, elapsed);
        }

        return peer == PeerClass.Direct
            ? DecideDirect(policy, received, elapsed, ended)
            : DecideOnBytes(policy, peer, received, elapsed, ended);
    }

    /// <summary>Decides over bytes in any number of segments.</summary>
    /// <inheritdoc cref="Decide(ProxyProtocolPolicy?, PeerClass, ReadOnlySpan{byte}, TimeSpan, bool, bool)"/>
    public static IdentificationStep Decide(
        ProxyProtocolPolicy? policy,
        PeerClass peer,
        in ReadOnlySequence<byte> received,
        TimeSpan elapsed,
        bool ended,
        bool clientSpeaksFirst = false)
    {
        if (received.IsSingleSegment || policy is null)
        {
            return Decide(policy, peer, received.FirstSpan, elapsed, ended, clientSpeaksFirst);
        }

        // Bytes after the longest header are payload and do not change the decision.
        var length = (int)Math.Min(received.Length, Math.Max(policy.Parsing.MaxHeaderBytes, ProxySignature.MaxLength));
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        received.Slice(0, length).CopyTo(buffer);
        var step = Decide(policy, peer, buffer.AsSpan(0, length), elapsed, ended, clientSpeaksFirst);
        ArrayPool<byte>.Shared.Return(buffer);
        return step;
    }

    /// <summary>Creates the identity for a step with the action Identified.</summary>
    /// <param name="step">The step.</param>
    /// <param name="peer">The remote address of the accepted socket.</param>
    /// <param name="local">The local address of the connection.</param>
    /// <param name="received">The bytes on which the step was decided.</param>
    public static ConnectionIdentity CreateIdentity(
        in IdentificationStep step,
        IPEndPoint peer,
        IPEndPoint local,
        ReadOnlySpan<byte> received)
    {
        if (!step.HasHeader || step.Observed != IdentificationRefusal.None)
        {
            return new ConnectionIdentity { Client = peer, Peer = peer, Local = local, Source = IdentitySource.Socket };
        }

        var header = step.Header;
        ReadOnlyMemory<byte> tlvs = header.TlvLength > 0 ? received.Slice(header.TlvOffset, header.TlvLength).ToArray() : default;
        if (!header.HasAddresses)
        {
            return new ConnectionIdentity { Client = peer, Peer = peer, Local = local, Source = IdentitySource.Socket, Tlvs = tlvs };
        }

        return new ConnectionIdentity
        {
            Client = header.Source.Unmap().ToIPEndPoint(),
            Peer = peer,
            Local = local,
            OriginalDestination = header.Destination.Unmap().ToIPEndPoint(),
            Source = header.Version == ProxyVersion.V1 ? IdentitySource.ProxyProtocolV1 : IdentitySource.ProxyProtocolV2,
            Tlvs = tlvs,
        };
    }

    private static IdentificationStep DecideOnSilence(ProxyProtocolPolicy policy, PeerClass peer, TimeSpan elapsed)
    {
        switch (peer)
        {
            case PeerClass.Direct:
                // The gateway does not wait for bytes from such a client, because the client may wait for the server to speak first.
                return PeerIsClient with { GuardAs = IdentificationRefusal.UntrustedHeader };
            case PeerClass.HealthChecker:
                return elapsed < policy.HeaderTimeout ? WaitUntil(policy.HeaderTimeout, elapsed) : Silent();
            default:
                if (policy.Header == HeaderExpectation.Optional)
                {
                    return elapsed < policy.OptionalWait
                        ? WaitUntil(policy.OptionalWait, elapsed)
                        : PeerIsClient with { GuardAs = IdentificationRefusal.LateHeader };
                }

                return elapsed < policy.HeaderTimeout
                    ? WaitUntil(policy.HeaderTimeout, elapsed)
                    : Refuse(IdentificationRefusal.HeaderMissing);
        }
    }

    private static IdentificationStep DecideDirect(ProxyProtocolPolicy policy, ReadOnlySpan<byte> received, TimeSpan elapsed, bool ended)
    {
        switch (ProxySignature.Match(received))
        {
            case (ProxySignatureMatch.V1 or ProxySignatureMatch.V2) and var match:
                return Refuse(IdentificationRefusal.UntrustedHeader) with { Version = ProxySignature.VersionOf(match) };
            case ProxySignatureMatch.Partial when !ended:
                return DecideOnPartOfASignature(policy, elapsed, IdentificationRefusal.UntrustedHeader);
            default:
                return PeerIsClient;
        }
    }

    private static IdentificationStep DecideOnPartOfASignature(
        ProxyProtocolPolicy policy,
        TimeSpan elapsed,
        IdentificationRefusal guardAs
    ) => elapsed < policy.OptionalWait ? WaitUntil(policy.OptionalWait, elapsed) : PeerIsClient with { GuardAs = guardAs };

    // Trusted peers and health checkers.
    private static IdentificationStep DecideOnBytes(
        ProxyProtocolPolicy policy, PeerClass peer, ReadOnlySpan<byte> received, TimeSpan elapsed, bool ended)
    {
        var required = peer == PeerClass.Trusted && policy.Header == HeaderExpectation.Required;
        var match = ProxySignature.Match(received);
        if (match == ProxySignatureMatch.None || (match == ProxySignatureMatch.Partial && ended))
        {
            return !required
                ? PeerIsClient
                : Refuse(match == ProxySignatureMatch.None ? IdentificationRefusal.HeaderMissing : IdentificationRefusal.HeaderTruncated);
        }

        return match == ProxySignatureMatch.Partial && !required
            ? DecideOnPartOfASignature(policy, elapsed, IdentificationRefusal.LateHeader)
            : DecideOnHeader(policy, peer, received, elapsed, ended) with { Version = ProxySignature.VersionOf(match) };
    }

    private static IdentificationStep DecideOnHeader(
        ProxyProtocolPolicy policy,
        PeerClass peer,
        ReadOnlySpan<byte> received,
        TimeSpan elapsed,
        bool ended)
    {
        var result = ProxyHeaderParser.Parse(received, policy.Parsing, out var header);
        switch (result.Status)
        {
            case ProxyParseStatus.NeedMore when ended:
                return Refuse(IdentificationRefusal.HeaderTruncated);
            case ProxyParseStatus.NeedMore:
                return elapsed < policy.HeaderTimeout
                    ? WaitUntil(policy.HeaderTimeout, elapsed)
                    : Refuse(IdentificationRefusal.HeaderTimeout);
            case ProxyParseStatus.Done:
                return RefuseNested(policy, Accept(peer, WithoutNobody(header)), received, ended);
            default:
                var refusal =
                    result.Error == ProxyParseError.TooLarge ? IdentificationRefusal.HeaderTooLarge : IdentificationRefusal.HeaderInvalid;
                return Refuse(refusal) with { ParseError = result.Error };
        }
    }

    // For a client without an address (on a unix socket), Varnish writes PROXY and addresses of all zeros, where other proxies write
    // UNKNOWN or LOCAL. Such a header names no client.
    private static ProxyHeader WithoutNobody(in ProxyHeader header) =>
        header.HasAddresses && header.Source.IsAllZero && header.Destination.IsAllZero
            ? header with
            {
                HasAddresses = false,
                Family = ProxyAddressFamily.Unspecified,
            }
            : header;

    private static IdentificationStep Accept(PeerClass peer, in ProxyHeader header)
    {
        var claims = header.Command == ProxyCommand.Proxy && header.Family != ProxyAddressFamily.Unspecified;
        var refusal = peer == PeerClass.HealthChecker && claims ? IdentificationRefusal.UntrustedHeader
            : header.HasAddresses && !header.Source.CanBeSource ? IdentificationRefusal.SourceInvalid
            : IdentificationRefusal.None;
        return new IdentificationStep
        {
            Action = refusal == IdentificationRefusal.None ? IdentificationAction.Identified : IdentificationAction.Refuse,
            Refusal = refusal,
            // A health checker may only say that it is a health checker: its TLVs are not trusted, and a second header behind the first is
            // refused like any header of an untrusted peer.
            Header = peer == PeerClass.HealthChecker ? header with { TlvLength = 0 } : header,
            GuardAs =
                peer == PeerClass.HealthChecker && refusal == IdentificationRefusal.None
                    ? IdentificationRefusal.UntrustedHeader
                    : IdentificationRefusal.None,
            HasHeader = true,
        };
    }

    // A backend that speaks the PROXY protocol may read the second header as the gateway's header, because the modes Transparent, Toa and
    // None send no header before it. Bytes that can still become a header are watched on their way, as with LateHeader, because waiting for
    // the rest would stall a client that waits for the server to speak first.
    private static IdentificationStep RefuseNested(
        ProxyProtocolPolicy policy,
        in IdentificationStep step,
        ReadOnlySpan<byte> received,
        bool ended)
    {
        if (!policy.RejectsNested || step.Action != IdentificationAction.Identified)
        {
            return step;
        }

        var payload = received[step.ConsumedBytes..];
        return ProxySignature.Match(payload[..Math.Min(payload.Length, ProxySignature.MaxLength)]) switch
        {
            ProxySignatureMatch.V1 or ProxySignatureMatch.V2 => Refuse(IdentificationRefusal.NestedHeader) with
            {
                Header = step.Header,
                HasHeader = true,
            },
            ProxySignatureMatch.Partial when !ended => step with { GuardAs = IdentificationRefusal.NestedHeader },
            _ => step,
        };
    }

    internal static IdentificationStep WaitUntil(TimeSpan limit, TimeSpan elapsed)
    {
        var left = limit - elapsed;
        return new IdentificationStep { Action = IdentificationAction.Wait, Wait = left < ShortestWait ? ShortestWait : left };
    }

    internal static IdentificationStep Silent() => new() { Action = IdentificationAction.CloseSilently };

    private static IdentificationStep Refuse(IdentificationRefusal refusal) =>
        new() { Action = IdentificationAction.Refuse, Refusal = refusal };
}
