using Gateway.Configuration;
using Gateway.Http.Forwarded;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Identification.Tls;
using Gateway.Tcp.Identification.Toa;
using Gateway.Tcp.Tls;

namespace Gateway.Http.Listeners;

/// <summary>
/// How one listener treats HTTP connections, resolved from the configuration. A reload replaces the whole model; a connection keeps the
/// model that was in force when it was accepted.
/// </summary>
internal sealed record HttpListenerModel
{
    /// <summary>The listener's name.</summary>
    public required string Name { get; init; }

    /// <summary>What the listener is for. Defaults to Traffic.</summary>
    public ListenerKind Kind { get; init; }

    /// <summary>Which peers may or must send a PROXY header. Null: the peer is the client.</summary>
    public ProxyProtocolPolicy? ProxyProtocol { get; init; }

    /// <summary>From which peers a TCP option with the client's address is trusted. Null: TCP options are not read.</summary>
    public ToaPolicy? Toa { get; init; }

    /// <summary>How the listener ends TLS. Null: the listener serves cleartext HTTP.</summary>
    public IServerTls? Tls { get; init; }

    /// <summary>How the ClientHello is read. Null: it is not read.</summary>
    public ClientHelloPolicy? ClientHello { get; init; }

    /// <summary>From which hops X-Forwarded-For is trusted. Defaults to none.</summary>
    public ForwardedHeadersModel ForwardedHeaders { get; init; } = ForwardedHeadersModel.None;

    /// <summary>How long a response may make no progress. Defaults to the configuration's default.</summary>
    public TimeSpan ResponseStallTimeout { get; init; } = new HttpLimitsConfig().ResponseStallTimeout;

    /// <summary>How long a connection may be idle between requests. Defaults to the configuration's default.</summary>
    public TimeSpan KeepAliveTimeout { get; init; } = new HttpLimitsConfig().KeepAliveTimeout;

    /// <summary>The request headers that carry the values of TLVs; null: no listener has any.</summary>
    public TlvHeaders? TlvHeaders { get; init; }

    /// <summary>The limits on the size of a request's line and headers.</summary>
    public HeaderLimits HeaderLimits { get; init; } = HeaderLimits.Of(new HttpLimitsConfig());
}
