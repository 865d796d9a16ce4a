using System.Net;
using Gateway.Tcp.Clusters;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Health;
using Gateway.Tcp.Identification;
using Gateway.Tcp.SourceIp;

namespace Gateway.Tcp.Dialing;

/// <summary>What the attempts for one client share, and what came of them so far. <c>.Order</c>: whose turn it is. <c>.Verdicts</c>: what is told of destinations.</summary>
internal sealed partial class DialAttempts(
    TcpConnection client, ConnectionIdentity identity, ClusterModel cluster, SourceIpModel sourceIp, TcpKeepAlive? keepAlive, int start, PassiveHealth passive)
{
    // A client that waits while destination after destination times out has long gone: 16 attempts are 80 s at the default of 5 s.
    private const int Most = 16;

    private int _asked;
    private DialResult? _lastAsked;

    public TcpConnection Client => client;

    public ConnectionIdentity Identity => identity;

    public ClusterModel Cluster => cluster;

    /// <summary>The TCP option that names the client; null: the route has none for it.</summary>
    public byte[]? ClientOption { get; } = sourceIp.Mode == SourceIpMode.Toa ? sourceIp.Toa.Write(identity.Client) : null;

    /// <summary>How many attempts were begun.</summary>
    public int Count { get; set; }

    /// <summary>Whether some address could not be dialled from the client's, or with an option that names it.</summary>
    public bool SourceUnusable { get; set; }

    /// <summary>Attempts of this round that failed before any destination was asked. They cost no time, and the fallback none of its attempts.</summary>
    public int OwnFailures { get; private set; }

    /// <summary>Whether this round has had its attempts.</summary>
    public bool IsSpent => _asked >= Most || OwnFailures >= Most;

    /// <summary>Whether an address can be dialled so that its backend learns of the client in this way.</summary>
    public bool CanUseSource(SourceIpMode mode, IPEndPoint address) => mode switch
    {
        SourceIpMode.Transparent => TransparentRules.CanBind(identity, address.Address),
        SourceIpMode.Toa => ClientOption is not null,
        _ => true,
    };

    /// <summary>Notes a failed attempt.</summary>
    public void Note(in DialResult result)
    {
        NoteVerdict(result);
        if (result.Failure == DialFailure.SourceIp)
        {
            SourceUnusable = true;
            OwnFailures++;
        }
        else
        {
            _asked++;
            _lastAsked = result;
        }
    }

    /// <summary>What the dial has come to, from what its last round has.</summary>
    public DialResult Conclude(in DialResult result)
    {
        var conclusion = result.Failure is DialFailure.None or DialFailure.Aborted ? result
            : _lastAsked is { } asked ? asked
            : SourceUnusable && sourceIp.Fallback == SourceIpFallback.Reject && sourceIp.Mode != SourceIpMode.Dnat ? result with { Failure = DialFailure.SourceIp }
            : result;
        ConcludeVerdicts(result);
        return conclusion with { Attempts = Count, FailedAttempts = DescribeFailed(conclusion) };
    }

    /// <summary>The request for one attempt.</summary>
    public ConnectRequest RequestFor(IPEndPoint address, SourceIpMode mode) => new()
    {
        Destination = address,
        ClientOption = mode == SourceIpMode.Toa ? ClientOption : null,
        TransparentSource = mode != SourceIpMode.Transparent ? null
            : sourceIp.Port == SourcePort.Client && !IsClientsOwnConnection(address) ? identity.Client
            : new IPEndPoint(identity.Client.Address, 0),
        Mark = sourceIp.Mark,
        // What the kernel says of a connection's destination is said in the VRF that it came by. Loopback is not part of one.
        Device = cluster.Original is not null && !IPAddress.IsLoopback(address.Address) ? client.BoundDevice : 0,
        Timeout = cluster.ConnectTimeout,
        KeepAlive = keepAlive,
    };

    // A diverted client's address and port towards its original destination are the addresses of the very connection that we accepted: the kernel would take one's
    // packets for the other's (measured: ours is reset, the client's hangs). The address alone can be kept.
    private bool IsClientsOwnConnection(IPEndPoint address) => identity.Client.Equals(identity.Peer) && address.Equals(identity.Local);
}
