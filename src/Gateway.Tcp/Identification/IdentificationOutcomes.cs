using Gateway.ProxyProtocol;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Identification;

/// <summary>The outcomes of connections that a rule of identification refuses. The rule is their detail.</summary>
public static class IdentificationOutcomes
{
    /// <summary>A header, or the lack of one, before anything was sent to a backend.</summary>
    /// <param name="rule">The rule that refused.</param>
    /// <param name="error">The parser's error.</param>
    public static Outcome OfHeader(IdentificationRefusal rule, ProxyParseError error = ProxyParseError.None) =>
        new(CloseReason.ProxyProtocol, rule.ToString(), error == ProxyParseError.None ? null : error.ToString());

    /// <summary>A TCP option, or the lack of one.</summary>
    /// <param name="rule">The rule that refused.</param>
    internal static Outcome OfOption(IdentificationRefusal rule) => new(CloseReason.Toa, rule.ToString());

    /// <summary>A header that a guard stopped after the backend was dialed.</summary>
    /// <param name="rule">The rule for which the guard was set.</param>
    internal static Outcome OfLateHeader(IdentificationRefusal rule) => new(
        rule switch
        {
            IdentificationRefusal.LateHeader => CloseReason.LateHeader,
            IdentificationRefusal.NestedHeader => CloseReason.NestedHeader,
            _ => CloseReason.UntrustedHeader,
        },
        rule.ToString());
}
