using System.Net;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Identification;

namespace Gateway.Tcp.Dialing;

/// <summary>What the attempts for one client share, and what came of them so far.</summary>
internal sealed class DialAttempts(
    TcpConnection client, ConnectionIdentity identity, ClusterModel cluster, SourceIpModel sourceIp, TcpKeepAlive? keepAlive)
{
    public TcpConnection Client => client;

    public ConnectionIdentity Identity => identity;

    public ClusterModel Cluster => cluster;

    /// <summary>How many attempts were begun.</summary>
    public int Count { get; set; }

    /// <summary>Whether some address could not be dialled from the client's.</summary>
    public bool SourceUnusable { get; set; }

    /// <summary>Whether some destination was asked and did not take the connection.</summary>
    public bool Tried { get; private set; }

    /// <summary>Notes a failed attempt.</summary>
    public void Note(ConnectFailure failure)
    {
        if (failure is ConnectFailure.Bind or ConnectFailure.Permission)
        {
            SourceUnusable = true;
        }
        else
        {
            Tried = true;
        }
    }

    /// <summary>The request for one attempt.</summary>
    public ConnectRequest RequestFor(IPEndPoint address, bool transparent) => new()
    {
        Destination = address,
        TransparentSource = !transparent ? null
            : sourceIp.Port == SourcePort.Client ? identity.Client
            : new IPEndPoint(identity.Client.Address, 0),
        Timeout = cluster.ConnectTimeout,
        KeepAlive = keepAlive,
    };
}
