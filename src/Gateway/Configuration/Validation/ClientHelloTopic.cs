using Gateway.Configuration.Reading;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Identification.Tls;

namespace Gateway.Configuration.Validation;

/// <summary>Checks the server names and ALPN protocols that routes match, and the settings for reading the ClientHello.</summary>
internal sealed class ClientHelloTopic : IConfigTopic
{
    // A ClientHello without extensions has some 50 bytes. The largest that clients send have 2 KB. A handshake message can have 16 MB.
    private const int LeastBytes = 512;
    private const int MostBytes = 1024 * 1024;

    // RFC 7301, section 3.1.
    private const int MostAlpnBytes = 255;

    /// <inheritdoc/>
    public void Validate(ValidationContext context)
    {
        foreach (var (name, listener) in context.Config.Listeners)
        {
            CheckListener(context, $"Listeners:{name}", listener);
        }

        foreach (var (name, route) in context.Config.TcpProxy.Routes)
        {
            CheckRoute(context, $"TcpProxy:Routes:{name}", route);
        }
    }

    /// <summary>Whether two matches have a server name in common.</summary>
    internal static bool ShareNames(TcpRouteMatchConfig? one, TcpRouteMatchConfig? other)
    {
        var (names, others) = (one?.ServerNames ?? [], other?.ServerNames ?? []);
        return names.Count == 0 && others.Count == 0
            || names.Select(Folded).Intersect(others.Select(Folded), StringComparer.Ordinal).Any();
    }

    /// <summary>Whether two matches have an ALPN protocol in common.</summary>
    internal static bool ShareAlpn(TcpRouteMatchConfig? one, TcpRouteMatchConfig? other)
    {
        var (protocols, others) = (one?.Alpn ?? [], other?.Alpn ?? []);
        return protocols.Count == 0 && others.Count == 0 || protocols.Intersect(others, StringComparer.Ordinal).Any();
    }

    /// <summary>Checks a list of ALPN protocols.</summary>
    internal static void CheckAlpn(ValidationContext context, string path, IReadOnlyList<string> protocols)
    {
        if (protocols.Count == 0 && context.Written.ContainsKey(path) && !context.Issues.HasError(path))
        {
            context.Issues.Error(path, "[]", "must not be empty: leave it out");
        }

        for (var i = 0; i < protocols.Count; i++)
        {
            if (protocols[i] is { } protocol && (protocol.Length is 0 or > MostAlpnBytes || protocol.Any(static c => c > 0xFF)))
            {
                context.Issues.Error(
                    KeyPath.Join(path, i),
                    ConfigIssue.Quote(protocol),
                    $"must be the name of an ALPN protocol, 1 to {MostAlpnBytes} bytes: \"h2\"");
            }
        }
    }

    private static string Folded(string name) => name is not null && ServerName.TryNormalize(name, out var folded) ? folded : name ?? "";

    private static void CheckListener(ValidationContext context, string path, ListenerConfig listener)
    {
        if (listener.IsHttp)
        {
            context.NotApplicable(path, $"the listener's Protocol is {listener.Protocol}, this is for Tcp and Tls", "ClientHello");
            return;
        }

        if (listener.ClientHello is not { } hello)
        {
            return;
        }

        path += ":ClientHello";
        Range.CheckTimeout(context, $"{path}:Timeout", hello.Timeout);
        Range.CheckTimeout(context, $"{path}:SilenceWait", hello.SilenceWait);
        Range.Check(context, $"{path}:MaxBytes", hello.MaxBytes, LeastBytes, MostBytes);
        if (listener.EndsTls)
        {
            context.NotApplicable(path, "TLS ends here: Tls:HandshakeTimeout is its limit", "Timeout", "SilenceWait");
        }
    }

    private static void CheckRoute(ValidationContext context, string path, TcpRouteConfig route)
    {
        var match = route.Match;
        var names = $"{path}:Match:ServerNames";
        if (match?.ServerNames.Count == 0 && context.Written.ContainsKey(names) && !context.Issues.HasError(names))
        {
            context.Issues.Error(names, "[]", "must not be empty: leave it out to match any client, also without TLS");
        }

        for (var i = 0; i < (match?.ServerNames.Count ?? 0); i++)
        {
            // Objects of a cluster have names of several labels, and the file has not.
            if (match!.ServerNames[i] is { } name
                && (!ServerName.TryNormalize(name, out _) || (ServerName.IsDeepWildcard(name) && context.Written.ContainsKey(names))))
            {
                context.Issues.Error(
                    KeyPath.Join(names, i),
                    ConfigIssue.Quote(name),
                    "must be a host name, or *. and a host name for one label more; an IP address is no server name (RFC 6066)");
            }
        }

        CheckAlpn(context, $"{path}:Match:Alpn", match?.Alpn ?? []);
        var mode = route.SourceIp?.Mode ?? context.Config.TcpProxy.Clusters.GetValueOrDefault(route.ClusterId ?? "")?.SourceIp?.Mode;
        if (mode == SourceIpMode.Dnat)
        {
            context.NotApplicable(
                $"{path}:Match", "Mode is Dnat: the kernel forwards the first packet, before any ClientHello", "ServerNames", "Alpn");
        }
    }
}
