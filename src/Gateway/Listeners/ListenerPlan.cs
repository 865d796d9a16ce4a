using System.Net.Sockets;
using Gateway.Configuration;
using Gateway.Http.Connections;
using Gateway.Http.Listeners;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Identification.Toa;

namespace Gateway.Listeners;

/// <summary>
/// The settings from which a listener's socket and server are made. A reload keeps a listener whose plan stays equal. Settings that may
/// change without a new socket (PROXY policy, trusted proxies, routes) are not part of the plan.
/// </summary>
internal sealed record ListenerPlan
{
    private const int FirstUnprivilegedPort = 1024;

    // In bytes per second. The value is Kestrel's default.
    private const int LeastRate = 240;

    public required string Name { get; init; }

    /// <summary>The key path of the address in the configuration, for messages.</summary>
    public required string KeyPath { get; init; }

    public required ListenerKind Kind { get; init; }

    public required ListenAddress Address { get; init; }

    public ListenerProtocol Protocol { get; init; } = ListenerProtocol.Http;

    /// <summary>Whether TCP routes serve the listener's connections.</summary>
    public bool IsTcp => Protocol is ListenerProtocol.Tcp or ListenerProtocol.Tls;

    /// <summary>Whether Kestrel serves the listener's connections with HTTP.</summary>
    public bool IsHttp => !IsTcp;

    /// <summary>Whether the listener ends TLS.</summary>
    public bool EndsTls => Protocol is ListenerProtocol.Https or ListenerProtocol.Tls;

    public ListenerHttpVersion HttpVersion { get; init; }

    public KeepAliveConfig KeepAlive { get; init; } = new();

    /// <summary>Buffers and DSCP of accepted sockets.</summary>
    public SocketConfig Socket { get; init; } = new();

    public HttpLimitsConfig HttpLimits { get; init; } = new();

    /// <summary>What carries the listener's connections, if it serves HTTP/1.1 without TLS.</summary>
    public ListenerTransport Transport { get; init; }

    /// <summary>Whether an engine may carry the listener's HTTP connections.</summary>
    public bool SuitsEngine =>
        Kind == ListenerKind.Traffic
        && Protocol == ListenerProtocol.Http
        && HttpVersion == ListenerHttpVersion.Http1
        && Transport == ListenerTransport.Auto;

    /// <summary>The TCP segments whose options are kept for the listener's connections.</summary>
    public OptionCarriers Options { get; init; }

    /// <summary>How the kernel diverts connections to the listener; null: clients connect to its address.</summary>
    public InterceptMode? Intercept { get; init; }

    /// <summary>The SO_MARK of the listener's connections; 0: none.</summary>
    public int Mark { get; init; }

    /// <summary>The listeners that a configuration asks for.</summary>
    public static IReadOnlyList<ListenerPlan> From(GatewayConfig config)
    {
        var plans = new List<ListenerPlan>();
        foreach (var (name, listener) in config.Listeners)
        {
            plans.Add(new ListenerPlan
            {
                Name = name,
                KeyPath = $"Listeners:{name}:Address",
                Kind = ListenerKind.Traffic,
                Address = ListenAddress.Parse(listener.Address!),
                Protocol = listener.Protocol!.Value,
                HttpVersion = listener.HttpVersion,
                KeepAlive = listener.KeepAlive,
                Socket = listener.Socket,
                HttpLimits = listener.HttpLimits,
                Transport = listener.Transport,
                Options = ToaPolicy.CarriersOf(listener.Toa),
                Intercept = listener.Intercept,
                Mark = listener.Intercept == InterceptMode.TProxy ? listener.Capture.Mark : 0,
            });
        }
        if (config.Probes is { } probes)
        {
            plans.Add(Reserved(":probes", "Probes:Address", ListenerKind.Probes, probes.Address!));
        }
        if (config.Admin is { } admin)
        {
            plans.Add(Reserved(":admin", "Admin:Address", ListenerKind.Admin, admin.Address));
        }
        return plans;
    }

    // Probes and Admin have tight limits: their requests are small and their peers near, and a slow peer takes one of few places.
    private static ListenerPlan Reserved(string name, string keyPath, ListenerKind kind, string address) => new()
    {
        Name = name,
        KeyPath = keyPath,
        Kind = kind,
        Address = ListenAddress.Parse(address),
        HttpLimits = new HttpLimitsConfig
        {
            MaxRequestBodyBytes = 64 * 1024,
            MinRequestBodyBytesPerSecond = LeastRate,
            MinResponseBytesPerSecond = LeastRate,
            RequestHeadersTimeout = ReservedConnections.FirstByteTimeout,
        },
    };

    /// <summary>The listener's name in metrics and logs.</summary>
    public string Label => Kind == ListenerKind.Traffic ? Name : Kind.ToString();

    /// <summary>A short description for the log.</summary>
    public string Describe() => Kind != ListenerKind.Traffic ? Kind.ToString()
        : Protocol != ListenerProtocol.Http ? Protocol.ToString()
        : HttpVersion.ToString();

    /// <summary>The key path, the cause and the cure of a failed bind.</summary>
    public Finding ExplainBindFailure(SocketException problem) =>
        new(KeyPath, $"{Address} cannot be bound: " + WhyNotBound(problem));

    private string WhyNotBound(SocketException problem) =>
        problem.SocketErrorCode switch
        {
            SocketError.AddressAlreadyInUse => "the port is in use. End the process that holds it (ss -ltnp), or choose another port.",
            SocketError.AddressNotAvailable => "no interface has this address. Use one of this host's addresses, or *:PORT for all.",
            SocketError.AccessDenied when Intercept == InterceptMode.TProxy && Address.EndPoint.Port >= FirstUnprivilegedPort =>
                "Intercept TProxy needs the capability NET_RAW (before Linux 5.17 NET_ADMIN), and this process lacks it. "
                    + "Kubernetes: securityContext.capabilities.add: [\"NET_RAW\"]; Docker: --cap-add NET_RAW; systemd: "
                    + "AmbientCapabilities=CAP_NET_RAW.",
            SocketError.OperationNotSupported when Intercept is not null => "Intercept is available on Linux only.",
            SocketError.AccessDenied => "ports below 1024 need the capability NET_BIND_SERVICE. Grant it, or choose a port from 1024 up.",
            SocketError.OperationNotSupported when Options != OptionCarriers.None =>
                "its Toa section needs the Linux engine, on Linux. Remove the section.",
            SocketError.AddressFamilyNotSupported => "IPv6 is off on this host. Use an IPv4 address, or *:PORT.",
            _ => problem.Message,
        };
}
