using Gateway.ProxyProtocol;

namespace Gateway.Tcp.Identification;

/// <summary>
/// Decides under a policy that observes: what the policy takes is taken as under enforcement, and what it refuses goes on with the peer as
/// the client (<see cref="IdentificationStep.Observed"/>).
/// </summary>
/// <remarks>
/// 1. A whole header is read and dropped, whoever sent it, so that a load balancer that is missing in the policy cuts nobody.
/// 2. Bytes that are no header, or no whole header in time, are payload, as on a listener without a policy.
/// 3. Every peer of which a header may still come is waited for, up to OptionalWait: a header that comes just after accept would otherwise
/// meet a backend that is already dialed. Where the client speaks first, the wait is HeaderTimeout.
/// </remarks>
internal static class ObservedIdentification
{
    /// <inheritdoc cref="HeaderIdentification.Decide(ProxyProtocolPolicy?, PeerClass, ReadOnlySpan{byte}, TimeSpan, bool, bool)"/>
    public static IdentificationStep Decide(
        ProxyProtocolPolicy policy, PeerClass peer, ReadOnlySpan<byte> received, TimeSpan elapsed, bool ended, bool clientSpeaksFirst)
    {
        var enforced = HeaderIdentification.Enforce(policy, peer, received, elapsed, ended);
        if (received.IsEmpty)
        {
            var silence = clientSpeaksFirst ? policy.HeaderTimeout : policy.OptionalWait;
            return DecideOnSilence(enforced, peer, silence, elapsed, ended);
        }

        return enforced.Action == IdentificationAction.Refuse ? Take(policy, enforced, received, elapsed, ended) : enforced;
    }

    private static IdentificationStep DecideOnSilence(
        in IdentificationStep enforced, PeerClass peer, TimeSpan silence, TimeSpan elapsed, bool ended)
    {
        if (ended)
        {
            return enforced.Action == IdentificationAction.Refuse
                ? HeaderIdentification.Silent() with { Observed = enforced.Refusal }
                : enforced;
        }

        if (peer == PeerClass.HealthChecker)
        {
            return enforced;
        }

        // A trusted peer that has to send a header would be waited for until HeaderTimeout.
        return elapsed < silence ? HeaderIdentification.WaitUntil(silence, elapsed)
            : enforced.Action == IdentificationAction.Identified ? enforced
            : Take(enforced.Action == IdentificationAction.Refuse ? enforced.Refusal : IdentificationRefusal.HeaderMissing);
    }

    private static IdentificationStep Take(
        ProxyProtocolPolicy policy, in IdentificationStep refused, ReadOnlySpan<byte> received, TimeSpan elapsed, bool ended)
    {
        var match = ProxySignature.Match(received);
        var taken = Take(refused.Refusal) with { ParseError = refused.ParseError, Version = ProxySignature.VersionOf(match) };
        if (match == ProxySignatureMatch.None)
        {
            return taken;
        }

        if (match == ProxySignatureMatch.Partial)
        {
            return !ended && elapsed < policy.OptionalWait ? HeaderIdentification.WaitUntil(policy.OptionalWait, elapsed) : taken;
        }

        var result = ProxyHeaderParser.Parse(received, policy.AnyHeader, out var header);
        return result.Status switch
        {
            ProxyParseStatus.Done => taken with { Header = header, HasHeader = true },
            ProxyParseStatus.NeedMore when !ended && elapsed < policy.HeaderTimeout =>
                HeaderIdentification.WaitUntil(policy.HeaderTimeout, elapsed),
            _ => taken,
        };
    }

    private static IdentificationStep Take(IdentificationRefusal refusal) =>
        new() { Action = IdentificationAction.Identified, Observed = refusal };
}
