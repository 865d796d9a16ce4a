using Gateway.Configuration;
using Gateway.Http.Forwarded;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Identification.Tls;
using Gateway.Tcp.Identification.Toa;
using Gateway.Tcp.Tls;

namespace Gateway.Http.Listeners;

/// <summary>
/// What one listener does to HTTP connections, resolved from configuration. Swapped whole; a connection keeps the one that accepted it.
/// </summary>
internal sealed record HttpListenerModel
{
    /// <summary>The listener's name.</summary>
    public required string Name { get; init; }

    /// <summary>What the listener is for. Defaults to Traffic.</summary>
    public ListenerKind Kind { get; init; }

    /// <summary>Who may or must come with a PROXY header. Null: the peer is the client.</summary>
    public ProxyProtocolPolicy? ProxyProtocol { get; init; }

    /// <summary>Whose TCP options name a client. Null: no option is looked at.</summary>
    public ToaPolicy? Toa { get; init; }

    /// <summary>How it ends TLS. Null: it speaks HTTP in clear.</summary>
    public IServerTls? Tls { get; init; }

    /// <summary>How the ClientHello is read. Null: it is not.</summary>
    public ClientHelloPolicy? ClientHello { get; init; }

    /// <summary>Whose X-Forwarded-For is believed. Defaults to nobody's.</summary>
    public ForwardedHeadersModel ForwardedHeaders { get; init; } = ForwardedHeadersModel.None;

    /// <summary>How long a response may go without progress. Defaults to the configuration's default.</summary>
    public TimeSpan ResponseStallTimeout { get; init; } = new HttpLimitsConfig().ResponseStallTimeout;

    /// <summary>Headers that tell what TLVs say; null where no listener has any.</summary>
    public TlvHeaders? TlvHeaders { get; init; }

    /// <summary>How large a request's line and headers may be.</summary>
    public HeaderLimits HeaderLimits { get; init; } = HeaderLimits.Of(new HttpLimitsConfig());
}
