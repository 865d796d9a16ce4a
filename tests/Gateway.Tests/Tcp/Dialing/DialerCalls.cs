using Gateway.Tcp.Clusters;
using Gateway.Tcp.Dialing;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Identification;
using Gateway.Tcp.SourceIp;
using Gateway.Tcp.Telemetry;
using Gateway.Tests.Tcp.Pipeline;

namespace Gateway.Tests.Tcp.Dialing;

/// <summary>A whole dial in one call.</summary>
internal static class DialerCalls
{
    private static readonly SourceIpModel None = SourceIpModel.From(Policies.None);

    public static ValueTask<DialResult> DialAsync(
        this Dialer dialer,
        TcpConnection client,
        ConnectionIdentity identity,
        ClusterModel cluster,
        SourceIpModel sourceIp) =>
        dialer.DialAsync(
            dialer.Begin(
                new DialRequest
                {
                    Connector = client,
                    Client = identity,
                    Cluster = cluster,
                    SourceIp = sourceIp,
                }));

    public static ValueTask<CloseReason?> FindAddressAsync(this Dialer dialer, TcpConnection client, ClusterModel cluster) =>
        dialer.FindAddressAsync(dialer.Begin(new DialRequest { Connector = client, Client = null, Cluster = cluster, SourceIp = None }));
}
