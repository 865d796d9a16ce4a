using Gateway.Tcp.Configuration;

namespace Gateway.Tests.Tcp.Pipeline;

/// <summary>Policies for peers on loopback: the test's clients come from 127.0.0.1 unless they bind another address of 127.0.0.0/8.</summary>
internal static class Policies
{
    /// <summary>Long enough for a peer that sends at once, on a busy machine too.</summary>
    public static readonly TimeSpan Short = TimeSpan.FromMilliseconds(750);

    public static readonly TimeSpan Long = TimeSpan.FromSeconds(15);

    /// <summary>127.0.0.1 is trusted, 127.0.0.9 a health checker, anything else neither.</summary>
    public static readonly ProxyProtocolConfig Required = new()
    {
        TrustedProxies = ["127.0.0.1/32"],
        HealthCheckers = ["127.0.0.9/32"],
        HeaderTimeout = Long,
        OptionalWait = Short,
    };

    public static readonly ProxyProtocolConfig Optional = Required with { Header = HeaderExpectation.Optional };

    public static readonly ProxyProtocolConfig Direct = Required with { Untrusted = UntrustedPeerAction.Direct };

    public static readonly SourceIpConfig None = new() { Mode = SourceIpMode.None };

    public static readonly SourceIpConfig V2 = new() { Mode = SourceIpMode.ProxyProtocol };

    public static readonly SourceIpConfig V1 = new() { Mode = SourceIpMode.ProxyProtocol, Version = ProxyProtocolVersion.V1 };
}
