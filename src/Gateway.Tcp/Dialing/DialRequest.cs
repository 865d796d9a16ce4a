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
    /// <summary>What opens it.</summary>
    public required IConnector Connector { get; init; }

    /// <summary>The client; null: ourselves (a health check of an HTTP destination).</summary>
    public required ConnectionIdentity? Client { get; init; }

    /// <summary>Where to.</summary>
    public required ClusterModel Cluster { get; init; }

    /// <summary>How the backend learns the client's address.</summary>
    public required SourceIpModel SourceIp { get; init; }

    /// <summary>Keep-alive of the new connection; null: off.</summary>
    public TcpKeepAlive? KeepAlive { get; init; }

    /// <summary>How long an answer that has become old is refreshed before it serves. Defaults to not at all.</summary>
    public TimeSpan NamePatience { get; init; }

    /// <summary>The mode of the first round. We have no client's address to connect from.</summary>
    public SourceIpMode Mode => Client is null && SourceIp.Mode != SourceIpMode.ProxyProtocol ? SourceIpMode.None : SourceIp.Mode;

    /// <summary>The mode of the second round; null: there is none.</summary>
    public SourceIpMode? FallbackMode => SourceIp.Fallback switch
    {
        SourceIpFallback.Reject => null,
        SourceIpFallback.ProxyProtocol => SourceIpMode.ProxyProtocol,
        _ => SourceIpMode.None,
    };

    /// <summary>Whether an address can be dialed so that its backend learns of the client in this way.</summary>
    public bool CanUseSource(SourceIpMode mode, IPEndPoint address) => mode switch
    {
        SourceIpMode.Transparent => TransparentRules.CanBind(Client!, address.Address),
        SourceIpMode.Toa => ClientOption is not null,
        _ => true,
    };

    /// <summary>What one attempt asks of the connector.</summary>
    public ConnectRequest To(IPEndPoint address, SourceIpMode mode) => new()
    {
        Destination = address,
        ClientOption = mode == SourceIpMode.Toa ? ClientOption : null,
        TransparentSource = mode != SourceIpMode.Transparent ? null
            : SourceIp.Port == SourcePort.Client && !IsClientsOwnConnection(address) ? Client!.Client
            : new IPEndPoint(Client!.Client.Address, 0),
        Mark = SourceIp.Mark,
        // What the kernel says of a connection's destination is said in the VRF that it came by. Loopback is not part of one.
        Device = Cluster.Original is not null && !IPAddress.IsLoopback(address.Address) ? Connector.BoundDevice : 0,
        Timeout = Cluster.ConnectTimeout,
        KeepAlive = KeepAlive,
    };

    // The TCP option that names the client; null: the route has none for it.
    private byte[]? ClientOption => field ??= SourceIp.Mode == SourceIpMode.Toa ? SourceIp.Toa.Write(Client!.Client) : null;

    // A diverted client's address and port towards its original destination are the addresses of the very connection that we accepted: the
    // kernel would take packets of one for the other's (measured: ours is reset, the client's hangs). The address alone can be kept.
    private bool IsClientsOwnConnection(IPEndPoint address) => Client!.Client.Equals(Client.Peer) && address.Equals(Client.Local);
}
