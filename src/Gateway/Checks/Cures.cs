using Gateway.ProxyProtocol;
using Gateway.Tcp.Configuration;

namespace Gateway.Checks;

/// <summary>
/// Cures for problems with PROXY headers, written with the keys of the backend's own configuration. docs/backends.md has more of them.
/// </summary>
internal static class Cures
{
    /// <summary>For servers that read headers only from trusted hosts: they send nothing to other hosts, or close.</summary>
    public const string Trust =
        "let it trust this host (PowerDNS: proxy-protocol-from; dnsdist: setProxyProtocolACL; Knot Resolver: net.proxy_allowed; "
            + "Dovecot: haproxy_trusted_networks; "
        + "Squid: proxy_protocol_access; gunicorn: proxy_allow_ips)";

    /// <summary>For MySQL and MariaDB, which count errors of hosts by name.</summary>
    public const string NoBlocking =
        "skip_name_resolve = ON there, which ends the counting (grants are by address then), or a larger max_connect_errors";

    // Marks: texts by which a server shows its name in a banner, a status page or a Server header. Settings: how to configure this server.
    private static readonly (string Mark, string Setting)[] Known =
    [
        ("Proxy header is not accepted", "MariaDB: proxy-protocol-networks = ADDRESS_OF_THIS_HOST"),
        ("-MariaDB", "MariaDB: proxy-protocol-networks = ADDRESS_OF_THIS_HOST"),
        ("Postfix", "Postfix: smtpd_upstream_proxy_protocol = haproxy, or postscreen_upstream_proxy_protocol = haproxy"),
        ("Exim", "Exim (exim4-daemon-heavy): hosts_proxy = ADDRESS_OF_THIS_HOST"),
        ("Dovecot", "Dovecot: haproxy = yes in the inet_listener, and haproxy_trusted_networks"),
        ("OpenSMTPD", "OpenSMTPD: listen on … proxy-v2, and Version V2"),
        ("nginx", "nginx: listen … proxy_protocol, and set_real_ip_from"),
        ("Apache", "Apache: RemoteIPProxyProtocol On"),
        ("lighttpd", "lighttpd: extforward.hap-PROXY = \"enable\", and extforward.forwarder"),
        ("squid/", "Squid: http_port … require-proxy-header, and proxy_protocol_access"),
        ("400 Bad Request\r\n\r\n", "Varnish: -a ADDRESS,PROXY"),
        ("Invalid HTTP Version", "gunicorn: --proxy-protocol, and Version V1"),
        ("gunicorn", "gunicorn: --proxy-protocol, and Version V1"),
        ("Your browser sent an invalid request.", "HAProxy: bind … accept-proxy"),
        ("Varnish", "Varnish: -a ADDRESS,PROXY"),
        ("Description: Could not process this request.", "Traffic Server: proxy.config.http.server_ports PORT:pp"),
        ("AMQP", "RabbitMQ: proxy_protocol = true"),
        (" NOTICE ", "InspIRCd: <bind … hook=\"haproxy\"> and the module haproxy, and Version V2"),
    ];

    // Messages of a server that refuses this host, no matter what is sent.
    private static readonly (string Mark, string Cure)[] Refusals =
    [
        (
            "is blocked because of many connection errors",
            $"mariadb-admin flush-hosts (MySQL: TRUNCATE performance_schema.host_cache); that it does not come again: {NoBlocking}"),
        ("is not allowed to connect", "a grant for this host; or a mode that shows the server its clients (docs/source-ip.md)"),
    ];

    // Marks of servers that support no version of the PROXY protocol.
    private static readonly string[] Never = ["-ERR unknown command", "SSH-"];

    /// <summary>The cure if the backend does not read the header that it gets.</summary>
    /// <param name="target">The destination.</param>
    /// <param name="words">Everything that the backend has sent.</param>
    /// <param name="isFallback">Whether only a Fallback sends the header.</param>
    public static string Switch(BackendTarget target, string words, bool isFallback)
    {
        if (RefusalOf(words) is { } refusal)
        {
            return refusal;
        }

        if (isFallback)
        {
            var reject = target.IsHttp ? "Metadata \"SourceIp.Fallback\": \"Reject\"" : "SourceIp:Fallback Reject";
            return $"a backend that takes connections with and without a header; or {reject}";
        }

        var transparent = target.IsHttp ? "Metadata \"SourceIp.Mode\": \"Transparent\"" : "SourceIp:Mode Transparent";
        if (Never.Any(mark => words.Contains(mark, StringComparison.Ordinal)))
        {
            return $"{transparent}: such a server reads no PROXY header";
        }

        var setting =
            SettingOf(words)
            ?? (
                target.IsHttp || words.StartsWith("HTTP/", StringComparison.Ordinal)
                    ? "nginx: listen … proxy_protocol; HAProxy: bind … accept-proxy; Apache: RemoteIPProxyProtocol On; Varnish: -a "
                        + "…,PROXY; others: docs/backends.md"
                    : "nginx: listen … proxy_protocol; HAProxy: bind … accept-proxy; others: docs/backends.md");
        return $"switch the PROXY protocol on there ({setting}) and let it trust this host; or {transparent}";
    }

    /// <summary>The cure if the backend refuses this host.</summary>
    public static string LetIn(string words) =>
        RefusalOf(words) ?? $"does it let this host in; where it reads PROXY headers from some hosts only, {Trust}";

    /// <summary>The cure: send another version.</summary>
    public static string Version(BackendTarget target, ProxyProtocolVersion version) =>
        target.IsHttp ? $"Metadata: {{ \"SourceIp.Version\": \"{version}\" }}" : $"SourceIp: {{ \"Version\": \"{version}\" }}";

    /// <summary>The cure: send no longer headers than the backend accepts.</summary>
    /// <param name="target">The destination.</param>
    /// <param name="taken">The length of the longest accepted header; 0: no header with a TLV was accepted.</param>
    public static string Length(BackendTarget target, int taken)
    {
        var bytes = Math.Max(taken, ProxyHeaderWriter.MinV2Length);
        var key = target.IsHttp
            ? $"Metadata: {{ \"SourceIp.MaxHeaderBytes\": \"{bytes}\" }}"
            : $"SourceIp: {{ \"MaxHeaderBytes\": {bytes} }}";
        return $"{key}, which leaves TLVs out rather than losing the connection; or fewer TLVs";
    }

    /// <summary>The cure: send a header.</summary>
    public static string Mode(BackendTarget target, ProxyProtocolVersion version) => target.IsHttp
        ? $"Metadata: {{ \"SourceIp.Mode\": \"ProxyProtocol\", \"SourceIp.Version\": \"{version}\" }}"
        : $"SourceIp: {{ \"Mode\": \"ProxyProtocol\", \"Version\": \"{version}\" }}";

    private static string? RefusalOf(string words) =>
        Refusals.FirstOrDefault(known => words.Contains(known.Mark, StringComparison.Ordinal)).Cure;

    private static string? SettingOf(string words) =>
        Known.FirstOrDefault(known => words.Contains(known.Mark, StringComparison.OrdinalIgnoreCase)).Setting;
}
