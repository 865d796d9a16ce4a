using System.Diagnostics.CodeAnalysis;
using Gateway.Configuration;
using Gateway.Kubernetes.GatewayApi.Objects;
using Gateway.Tcp.Configuration;

namespace Gateway.Kubernetes.GatewayApi.Translation;

/// <summary>Reads the words of policies and annotations, which are those of the configuration file.</summary>
internal static class SourceIpText
{
    private const string Modes = "ProxyProtocol, Transparent, Toa or None";

    /// <summary>Reads an annotation: <c>ProxyProtocol</c>, <c>ProxyProtocol/V1</c>, <c>Transparent</c>.</summary>
    /// <param name="text">The annotation.</param>
    /// <param name="config">What it says.</param>
    /// <returns>What is wrong; null: nothing.</returns>
    public static string? TryRead(string text, out SourceIpConfig? config)
    {
        var parts = text.Split('/');
        return parts.Length > 2
            ? Fail(out config, $"{text} is not MODE or MODE/VERSION")
            : TryRead(new PolicySourceIp { Mode = parts[0], Version = parts.ElementAtOrDefault(1) }, out config);
    }

    /// <summary>Reads the section of a policy.</summary>
    public static string? TryRead(PolicySourceIp section, out SourceIpConfig? config)
    {
        config = null;
        var version = ProxyProtocolVersion.V2;
        var port = SourcePort.Ephemeral;
        var fallback = SourceIpFallback.Reject;
        if (!TryRead<SourceIpMode>(section.Mode, out var mode) || mode == SourceIpMode.Dnat)
        {
            return $"sourceIp.mode: {section.Mode ?? "null"} is not {Modes}";
        }

        if (section.Version is not null && !TryRead(section.Version, out version))
        {
            return $"sourceIp.version: {section.Version} is not V1 or V2";
        }

        if (section.Port is not null && !TryRead(section.Port, out port))
        {
            return $"sourceIp.port: {section.Port} is not Ephemeral or Client";
        }

        if (section.Fallback is not null && !TryRead(section.Fallback, out fallback))
        {
            return $"sourceIp.fallback: {section.Fallback} is not Reject, ProxyProtocol or None";
        }

        config = new SourceIpConfig
        {
            Mode = mode,
            Version = version,
            Port = port,
            Fallback = fallback,
            PassThroughTlvs = section.PassThroughTlvs ?? [],
            SslTlvs = section.SslTlvs ?? false,
            MaxHeaderBytes = section.MaxHeaderBytes,
        };
        return null;
    }

    /// <summary>Reads the section of a policy.</summary>
    public static string? TryRead(PolicyProxyProtocol section, out ProxyProtocolConfig? config)
    {
        config = null;
        var header = HeaderExpectation.Required;
        var untrusted = UntrustedPeerAction.Reject;
        if (section.Header is not null && !TryRead(section.Header, out header))
        {
            return $"proxyProtocol.header: {section.Header} is not Required or Optional";
        }

        if (section.Untrusted is not null && !TryRead(section.Untrusted, out untrusted))
        {
            return $"proxyProtocol.untrusted: {section.Untrusted} is not Reject or Direct";
        }

        config = new ProxyProtocolConfig
        {
            Header = header,
            Untrusted = untrusted,
            TrustedProxies = section.TrustedProxies ?? [],
            HealthCheckers = section.HealthCheckers ?? [],
        };
        return null;
    }

    /// <summary>Reads the section of a policy.</summary>
    public static string? TryRead(PolicyForwardedHeaders section, out ForwardedHeadersConfig? config)
    {
        config = null;
        var untrusted = UntrustedForwardedHeaders.Keep;
        if (section.Untrusted is not null && !TryRead(section.Untrusted, out untrusted))
        {
            return $"forwardedHeaders.untrusted: {section.Untrusted} is not Keep or Drop";
        }

        var defaults = new ForwardedHeadersConfig();
        config = new ForwardedHeadersConfig
        {
            TrustedProxies = section.TrustedProxies,
            TrustedHops = section.TrustedHops,
            TrustedHeaders = section.TrustedHeaders ?? defaults.TrustedHeaders,
            Untrusted = untrusted,
            Drop = section.Drop ?? defaults.Drop,
            EnvoyExternalAddress = section.EnvoyExternalAddress ?? defaults.EnvoyExternalAddress,
        };
        return null;
    }

    // By name only: Enum.TryParse would also take numbers, and lists of names.
    private static bool TryRead<T>([NotNullWhen(true)] string? text, out T value)
        where T : struct, Enum
    {
        value = default;
        return text is not null && Enum.GetNames<T>().Contains(text, StringComparer.Ordinal) && Enum.TryParse(text, out value);
    }

    private static string Fail(out SourceIpConfig? config, string problem)
    {
        config = null;
        return problem;
    }
}
