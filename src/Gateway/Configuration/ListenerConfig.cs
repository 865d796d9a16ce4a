using Gateway.Tcp.Configuration;

namespace Gateway.Configuration;

/// <summary>A listener (<c>Listeners:NAME</c>).</summary>
public sealed record ListenerConfig
{
    /// <summary><c>ip:port</c>, <c>[v6]:port</c> (IPv6 only) or <c>*:port</c> (dual stack; IPv4 where IPv6 is off). Required.</summary>
    public string? Address { get; init; }

    /// <summary>The protocol that the listener serves. Required.</summary>
    public ListenerProtocol? Protocol { get; init; }

    /// <summary>Whether TCP routes serve the listener's connections: Tcp and Tls.</summary>
    public bool IsTcp => Protocol is ListenerProtocol.Tcp or ListenerProtocol.Tls;

    /// <summary>Whether YARP serves the listener's connections: Http and Https.</summary>
    public bool IsHttp => Protocol is ListenerProtocol.Http or ListenerProtocol.Https;

    /// <summary>Whether the listener ends TLS: Https and Tls.</summary>
    public bool EndsTls => Protocol is ListenerProtocol.Https or ListenerProtocol.Tls;

    /// <summary>
    /// HTTP version of an Http listener. Defaults to Http1. There is no value for both, because Kestrel cannot serve both on one cleartext
    /// port.
    /// </summary>
    public ListenerHttpVersion HttpVersion { get; init; }

    /// <summary>What carries the listener's connections (Http only). Defaults to Auto. A changed value makes a new listener.</summary>
    public ListenerTransport Transport { get; init; }

    /// <summary>From which hops X-Forwarded-* headers are trusted (Http only). Defaults to null: none.</summary>
    public ForwardedHeadersConfig? ForwardedHeaders { get; init; }

    /// <summary>Which peers may or must send a PROXY header. Defaults to null: none, and the peer is the client.</summary>
    public ProxyProtocolConfig? ProxyProtocol { get; init; }

    /// <summary>From which peers a TCP option with the client's address is trusted. Defaults to null: TCP options are not read.</summary>
    public ToaConfig? Toa { get; init; }

    /// <summary>Which clients are admitted. Defaults to null: all.</summary>
    public AccessConfig? Access { get; init; }

    /// <summary>Limits of the listener's connections, and of each client. Defaults to null: none.</summary>
    public ListenerLimitsConfig? Limits { get; init; }

    /// <summary>Which of the listener's connections have lines in the access log. Defaults to null: all.</summary>
    public ListenerAccessLogConfig? AccessLog { get; init; }

    /// <summary>
    /// Request headers that get the values of TLVs of the trusted PROXY header (Http only): header names by TLV, such as
    /// <c>"AwsVpcEndpointId": "X-Vpc-Endpoint-Id"</c>; <c>ConnectionId</c> stands for the connection's unique id. Headers with these names
    /// that clients send are removed, on every Http listener. Defaults to none.
    /// </summary>
    public IReadOnlyDictionary<string, string> TlvHeaders { get; init; } = new Dictionary<string, string>();

    /// <summary>How the kernel diverts connections to the listener (Tcp only). Defaults to null: clients connect to its address.</summary>
    public InterceptMode? Intercept { get; init; }

    /// <summary>
    /// What <c>Gateway redirect</c> diverts to the listener (with <see cref="Intercept"/>). Defaults to the connections that arrive at this
    /// host and that the listener's routes match.
    /// </summary>
    public CaptureConfig Capture { get; init; } = new();

    /// <summary>
    /// TCP keep-alive. It applies to the client and backend connections of Tcp, and to the client connections of Http. Defaults to probes
    /// after 60 s.
    /// </summary>
    public KeepAliveConfig KeepAlive { get; init; } = new();

    /// <summary>
    /// How the listener reads the ClientHello (Tcp only). Defaults to null: with the section's defaults, if one of the listener's routes
    /// matches server names or ALPN.
    /// </summary>
    public ClientHelloConfig? ClientHello { get; init; }

    /// <summary>How the listener ends TLS. Required with Https and Tls, and not allowed elsewhere.</summary>
    public ListenerTlsConfig? Tls { get; init; }

    /// <summary>
    /// Limits of the HTTP server (Http only). By default the size and rate of bodies have no limit, because the backend has its own.
    /// </summary>
    public HttpLimitsConfig HttpLimits { get; init; } = new();

    /// <summary>Options of the clients' connections. Defaults to the kernel's.</summary>
    public SocketConfig Socket { get; init; } = new();
}
