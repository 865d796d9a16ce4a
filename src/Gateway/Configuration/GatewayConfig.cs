using System.Text.Json;
using Gateway.Tcp.Configuration;
using Yarp.ReverseProxy.Configuration;

namespace Gateway.Configuration;

/// <summary>The whole configuration file, as written, with defaults filled in.</summary>
public sealed record GatewayConfig
{
    /// <summary>Named CIDR lists, usable by name in every CIDR list.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Networks { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>Listeners by name.</summary>
    public IReadOnlyDictionary<string, ListenerConfig> Listeners { get; init; } = new Dictionary<string, ListenerConfig>();

    /// <summary>TCP routes and clusters.</summary>
    public TcpProxyConfig TcpProxy { get; init; } = new();

    /// <summary>YARP's routes and clusters.</summary>
    public ReverseProxyConfig ReverseProxy { get; init; } = new();

    /// <summary>Limits of the whole process.</summary>
    public LimitsConfig Limits { get; init; } = new();

    /// <summary>The self-test of the running gateway.</summary>
    public ChecksConfig Checks { get; init; } = new();

    /// <summary>How it ends.</summary>
    public ShutdownConfig Shutdown { get; init; } = new();

    /// <summary>The listener for probes and metrics. Defaults to null: none.</summary>
    public ProbesConfig? Probes { get; init; }

    /// <summary>The admin listener. Defaults to 127.0.0.1:9901; null: off.</summary>
    public AdminConfig? Admin { get; init; } = new();

    /// <summary>The section <c>Logging</c>, as in ASP.NET Core.</summary>
    public JsonElement? Logging { get; init; }
}

/// <summary>A listener (<c>Listeners:NAME</c>).</summary>
public sealed record ListenerConfig
{
    /// <summary><c>ip:port</c>, <c>[v6]:port</c> (IPv6 only) or <c>*:port</c> (dual stack; IPv4 where IPv6 is off). Required.</summary>
    public string? Address { get; init; }

    /// <summary>Required.</summary>
    public ListenerProtocol? Protocol { get; init; }

    /// <summary>HTTP version of an Http listener. Defaults to Http1: Kestrel cannot do both on one cleartext port.</summary>
    public ListenerHttpVersion HttpVersion { get; init; }

    /// <summary>Whose X-Forwarded-* headers are trusted (Http only). Defaults to null: nobody's.</summary>
    public ForwardedHeadersConfig? ForwardedHeaders { get; init; }

    /// <summary>What it expects of the PROXY protocol. Defaults to null: the peer is the client.</summary>
    public ProxyProtocolConfig? ProxyProtocol { get; init; }

    /// <summary>Whose TCP options name a client. Defaults to null: no option is looked at.</summary>
    public ToaConfig? Toa { get; init; }

    /// <summary>
    /// Request headers that tell what the trusted PROXY header's TLVs say (Http only): header names by TLV, <c>"AwsVpcEndpointId": "X-Vpc-Endpoint-Id"</c>; <c>ConnectionId</c> stands
    /// for the connection's unique id. What clients send under these names is removed, on every Http listener. Defaults to none.
    /// </summary>
    public IReadOnlyDictionary<string, string> TlvHeaders { get; init; } = new Dictionary<string, string>();

    /// <summary>How the kernel diverts connections to it (Tcp only). Defaults to null: it is connected to.</summary>
    public InterceptMode? Intercept { get; init; }

    /// <summary>What <c>Gateway redirect</c> diverts to it (with <see cref="Intercept"/>). Defaults to what arrives and its routes match.</summary>
    public CaptureConfig Capture { get; init; } = new();

    /// <summary>TCP keep-alive, on both legs of Tcp and on the client's of Http. Defaults to probes after 60 s.</summary>
    public KeepAliveConfig KeepAlive { get; init; } = new();

    /// <summary>Limits of the HTTP server (Http only). By default none: the backend's own apply.</summary>
    public HttpLimitsConfig HttpLimits { get; init; } = new();
}

/// <summary>What a listener speaks.</summary>
public enum ListenerProtocol
{
    /// <summary>HTTP, proxied by YARP.</summary>
    Http,

    /// <summary>Raw TCP.</summary>
    Tcp,
}

/// <summary>The HTTP version of a cleartext listener.</summary>
public enum ListenerHttpVersion
{
    /// <summary>HTTP/1.1 (and 1.0).</summary>
    Http1,

    /// <summary>HTTP/2 with prior knowledge.</summary>
    Http2,
}

/// <summary>Whose X-Forwarded-* headers are trusted, and what happens to the others'.</summary>
public sealed record ForwardedHeadersConfig
{
    /// <summary>CIDRs or names of <c>Networks</c>: X-Forwarded-For is walked from the right through these.</summary>
    public IReadOnlyList<string>? TrustedProxies { get; init; }

    /// <summary>
    /// Number of proxies in front that append to X-Forwarded-For. Together with <see cref="TrustedProxies"/> they are counted only if the hop itself is one of
    /// those; alone, of any hop. Defaults to null: it is walked.
    /// </summary>
    public int? TrustedHops { get; init; }

    /// <summary>
    /// What a trusted hop vouches for: <c>For</c>, <c>Proto</c>, <c>Port</c>, <c>Host</c>, <c>Prefix</c> (X-Forwarded-*), <c>Known</c>, names of headers and
    /// beginnings of names. The rest of what it passes on counts as anybody's. Defaults to For, Proto and Port.
    /// </summary>
    public IReadOnlyList<string> TrustedHeaders { get; init; } = ["For", "Proto", "Port"];

    /// <summary>What happens to the headers of a peer that is not trusted. Defaults to Keep.</summary>
    public UntrustedForwardedHeaders Untrusted { get; init; }

    /// <summary>
    /// More headers that are removed before routes are matched, unless a trusted peer vouches for them: names, beginnings of names (<c>X-Envoy-*</c>), and
    /// <c>Known</c> for those of proxies, CDNs and frameworks that backends believe. Defaults to none.
    /// </summary>
    public IReadOnlyList<string> Drop { get; init; } = [];

    /// <summary>Whether X-Envoy-External-Address is set to the client, as an Envoy at the edge does. Defaults to false: only a trusted peer's goes on.</summary>
    public bool EnvoyExternalAddress { get; init; }
}

/// <summary>What happens to X-Forwarded-*, Forwarded and X-Real-IP of an untrusted peer.</summary>
public enum UntrustedForwardedHeaders
{
    /// <summary>X-Forwarded-For stays in front and the hop is appended; the others are set anew or removed (docs/forwarded-headers.md, The rules in full).</summary>
    Keep,

    /// <summary>They are removed, before routes are matched.</summary>
    Drop,
}

/// <summary>TCP keep-alive.</summary>
public sealed record KeepAliveConfig
{
    /// <summary>Defaults to true.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Silence before the first probe. Defaults to 60 s: load balancers forget idle flows at 240–350 s.</summary>
    public TimeSpan Time { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Time between probes. Defaults to 15 s.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Unanswered probes until the connection is dead. Defaults to 4.</summary>
    public int Retries { get; init; } = 4;
}

/// <summary>YARP's section, in YARP's own types.</summary>
public sealed record ReverseProxyConfig
{
    /// <summary>Routes, in the order of the file.</summary>
    public IReadOnlyList<RouteConfig> Routes { get; init; } = [];

    /// <summary>Clusters, in the order of the file.</summary>
    public IReadOnlyList<ClusterConfig> Clusters { get; init; } = [];
}

/// <summary>Limits of the whole process (<c>Limits</c>).</summary>
public sealed record LimitsConfig
{
    /// <summary>Most connections at once, TCP and HTTP together. Defaults to null: derived from the descriptor limit.</summary>
    public int? MaxConnections { get; init; }

    /// <summary>
    /// Most HTTP responses that wait for clients which take nothing; the longest without progress gives way. Defaults to null: a quarter
    /// of the memory, at 160 KiB each.
    /// </summary>
    public int? MaxWaitingResponses { get; init; }
}

/// <summary>The self-test of the running gateway (<c>Checks</c>).</summary>
public sealed record ChecksConfig
{
    /// <summary>What is checked in the background after the start and after each reload, and logged. Defaults to Host.</summary>
    public CheckScope AtStart { get; init; } = CheckScope.Host;

    /// <summary>How long a run may take. Defaults to 10 s: two connect timeouts.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);
}

/// <summary>How far the self-test goes.</summary>
public enum CheckScope
{
    /// <summary>Nothing is checked.</summary>
    None,

    /// <summary>This host alone: nobody hears of it.</summary>
    Host,

    /// <summary>The destinations too: it connects to each.</summary>
    All,
}

/// <summary>How the process ends (<c>Shutdown</c>).</summary>
public sealed record ShutdownConfig
{
    /// <summary>Not ready any more, but still accepting. Defaults to 0.</summary>
    public TimeSpan DrainDelay { get; init; }

    /// <summary>How long live connections may take to end. Defaults to 20 s.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(20);
}

/// <summary>The probes' listener (<c>Probes</c>).</summary>
public sealed record ProbesConfig
{
    /// <summary>As <see cref="ListenerConfig.Address"/>. Required.</summary>
    public string? Address { get; init; }

    /// <summary>As <see cref="ListenerConfig.ProxyProtocol"/>.</summary>
    public ProxyProtocolConfig? ProxyProtocol { get; init; }

    /// <summary>What must hold besides for <c>/healthz/ready</c> to be 200. Defaults to null: nothing.</summary>
    public ReadyWhenConfig? ReadyWhen { get; init; }
}

/// <summary>The admin listener (<c>Admin</c>).</summary>
public sealed record AdminConfig
{
    /// <summary>As <see cref="ListenerConfig.Address"/>. Defaults to 127.0.0.1:9901.</summary>
    public string Address { get; init; } = "127.0.0.1:9901";
}
