using System.Net;
using Gateway.Tcp.Clusters;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Identification;
using Gateway.Tcp.SourceIp;

namespace Gateway.Tcp.Dialing;

/// <summary>For whom a connection to a cluster is opened, and how.</summary>
internal sealed class DialRequest
{
    /// <summary>Opens the connection.</summary>
    public required IConnector Connector { get; init; }

    /// <summary>The client; null: the gateway itself (a health check of an HTTP destination).</summary>
    public required ConnectionIdentity? Client { get; init; }

    /// <summary>The cluster to connect to.</summary>
    public required ClusterModel Cluster { get; init; }

    /// <summary>How the backend learns the client's address.</summary>
    public required SourceIpModel SourceIp { get; init; }

    /// <summary>Keep-alive of the new connection; null: off.</summary>
    public TcpKeepAlive? KeepAlive { get; init; }

    /// <summary>TCP_USER_TIMEOUT of the new connection; null: the kernel's.</summary>
    public TimeSpan? UserTimeout { get; init; }

    /// <summary>What is done with a new connection before its destination counts as reached; null: nothing.</summary>
    public IConnectionOpening? Opening { get; init; }

    /// <summary>How long a dial waits for a fresh answer before it uses an outdated answer. Defaults to zero.</summary>
    public TimeSpan NamePatience { get; init; }

    /// <summary>The mode of the first round. Without a client there is no address to connect from, or to name in an option.</summary>
    public SourceIpMode Mode => Client is null && SourceIp.Mode != SourceIpMode.ProxyProtocol ? SourceIpMode.None : SourceIp.Mode;

    /// <summary>The mode of the second round; null: there is none.</summary>
    public SourceIpMode? FallbackMode => SourceIp.Fallback switch
    {
        SourceIpFallback.Reject => null,
        SourceIpFallback.ProxyProtocol => SourceIpMode.ProxyProtocol,
        _ => SourceIpMode.None,
    };

    /// <summary>Whether an address can be dialed in a mode, so that the backend learns the client's address.</summary>
    public bool CanUseSource(SourceIpMode mode, IPEndPoint address) => mode switch
    {
        SourceIpMode.Transparent => TransparentRules.CanBind(Client!, address.Address),
        SourceIpMode.Toa => ClientOption is not null,
        _ => true,
    };

    /// <summary>The request to the connector for one attempt.</summary>
    public ConnectRequest To(IPEndPoint address, SourceIpMode mode, TimeSpan timeout) => new()
    {
        Destination = address,
        ClientOption = mode == SourceIpMode.Toa ? ClientOption : null,
        TransparentSource = mode != SourceIpMode.Transparent ? null
            : SourceIp.Port == SourcePort.Client && !IsClientsOwnConnection(address) ? Client!.Client
            : new IPEndPoint(Client!.Client.Address, 0),
        Mark = SourceIp.Mark,
        // An original destination is an address in the VRF by which the client's connection came. Loopback addresses belong to no VRF.
        Device = Cluster.Original is not null && !IPAddress.IsLoopback(address.Address) ? Connector.BoundDevice : 0,
        Timeout = timeout,
        KeepAlive = KeepAlive,
        Socket = Cluster.Socket,
        UserTimeout = UserTimeout,
    };

    // The TCP option that names the client; null: the route has no option for this client.
    private byte[]? ClientOption => field ??= SourceIp.Mode == SourceIpMode.Toa ? SourceIp.Toa.Write(Client!.Client) : null;

    // From a diverted client's address and port to its original destination is the four-tuple of the connection that the gateway accepted.
    // The kernel would mix up the packets of both connections (measured: ours is reset, the client's hangs). So the gateway can keep the
    // client's address, but not its port.
    private bool IsClientsOwnConnection(IPEndPoint address) => Client!.Client.Equals(Client.Peer) && address.Equals(Client.Local);
}
