using Gateway.Tcp.Configuration;

namespace Gateway.Configuration;

/// <summary>A listener (<c>Listeners:NAME</c>).</summary>
public sealed record ListenerConfig
{
    /// <summary><c>ip:port</c>, <c>[v6]:port</c> (IPv6 only) or <c>*:port</c> (dual stack; IPv4 where IPv6 is off). Required.</summary>
    public string? Address { get; init; }

    /// <summary>Required.</summary>
    public ListenerProtocol? Protocol { get; init; }

    /// <summary>Whether TCP routes are behind it: Tcp and Tls.</summary>
    public bool IsTcp => Protocol is ListenerProtocol.Tcp or ListenerProtocol.Tls;

    /// <summary>Whether YARP is behind it: Http and Https.</summary>
    public bool IsHttp => Protocol is ListenerProtocol.Http or ListenerProtocol.Https;

    /// <summary>Whether TLS ends at it: Https and Tls.</summary>
    public bool EndsTls => Protocol is ListenerProtocol.Https or ListenerProtocol.Tls;

    /// <summary>HTTP version of an Http listener. Defaults to Http1: Kestrel cannot do both on one cleartext port.</summary>
    public ListenerHttpVersion HttpVersion { get; init; }

    /// <summary>Whose X-Forwarded-* headers are trusted (Http only). Defaults to null: nobody's.</summary>
    public ForwardedHeadersConfig? ForwardedHeaders { get; init; }

    /// <summary>What it expects of the PROXY protocol. Defaults to null: the peer is the client.</summary>
    public ProxyProtocolConfig? ProxyProtocol { get; init; }

    /// <summary>Whose TCP options name a client. Defaults to null: no option is looked at.</summary>
    public ToaConfig? Toa { get; init; }

    /// <summary>
    /// Request headers that tell what the trusted PROXY header's TLVs say (Http only): header names by TLV, <c>"AwsVpcEndpointId":
    /// "X-Vpc-Endpoint-Id"</c>; <c>ConnectionId</c> stands for the connection's unique id. What clients send under these names is removed,
    /// on every Http listener. Defaults to none.
    /// </summary>
    public IReadOnlyDictionary<string, string> TlvHeaders { get; init; } = new Dictionary<string, string>();

    /// <summary>How the kernel diverts connections to it (Tcp only). Defaults to null: it is connected to.</summary>
    public InterceptMode? Intercept { get; init; }

    /// <summary>
    /// What <c>Gateway redirect</c> diverts to it (with <see cref="Intercept"/>). Defaults to what arrives and its routes match.
    /// </summary>
    public CaptureConfig Capture { get; init; } = new();

    /// <summary>TCP keep-alive, on both legs of Tcp and on the client's of Http. Defaults to probes after 60 s.</summary>
    public KeepAliveConfig KeepAlive { get; init; } = new();

    /// <summary>
    /// How it reads the ClientHello (Tcp only). Defaults to null: as its defaults say, if one of its routes asks for names.
    /// </summary>
    public ClientHelloConfig? ClientHello { get; init; }

    /// <summary>How it ends TLS. Required on Https and Tls, and only there.</summary>
    public ListenerTlsConfig? Tls { get; init; }

    /// <summary>Limits of the HTTP server (Http only). By default none: the backend's own apply.</summary>
    public HttpLimitsConfig HttpLimits { get; init; } = new();
}
