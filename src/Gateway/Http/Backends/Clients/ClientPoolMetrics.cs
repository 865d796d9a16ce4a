using System.Diagnostics.Metrics;
using Gateway.Configuration;
using Gateway.Observability;

namespace Gateway.Http.Backends.Clients;

/// <summary>
/// Metrics of clients that have their own connections to HTTP destinations. Labels come from configuration, never from a client.
/// </summary>
internal sealed class ClientPoolMetrics : IStartsAtZero
{
    private static readonly string[] EndReasons = ["idle", "closed", "limit", "descriptors", "reload"];
    private static readonly string[] RejectReasons = ["limit", "descriptors", "source_ip"];

    private readonly UpDownCounter<long> _active;
    private readonly Counter<long> _ended;
    private readonly Counter<long> _rejected;
    private readonly Counter<long> _repeated;

    public ClientPoolMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("Gateway.Http");
        _active = meter.CreateUpDownCounter<long>(
            "gateway.destination.client.active",
            "{client}",
            "Clients with connections of their own to a cluster's destinations.");
        _ended = meter.CreateCounter<long>(
            "gateway.destination.client.ended",
            "{client}",
            "Clients whose connections to a cluster's destinations were closed, by reason.");
        _rejected = meter.CreateCounter<long>(
            "gateway.destination.client.rejected",
            "{request}",
            "Requests that could not have a connection to a destination, by reason.");
        _repeated = meter.CreateCounter<long>(
            "gateway.http.request.repeats",
            "{request}",
            "Requests that were sent once more: a used connection had ended without a byte of an answer.");
    }

    /// <inheritdoc/>
    public void StartAtZero(GatewayConfig config)
    {
        foreach (var cluster in config.ReverseProxy.Clusters)
        {
            _repeated.Add(0, new KeyValuePair<string, object?>("cluster", cluster.ClusterId));
        }

        foreach (var cluster in config.ReverseProxy.Clusters.Where(static cluster => ClusterSourceIp.Of(cluster.Metadata) is not null))
        {
            _active.Add(0, new KeyValuePair<string, object?>("cluster", cluster.ClusterId));
            foreach (var reason in EndReasons)
            {
                _ended.Add(0, new("cluster", cluster.ClusterId), new("reason", reason));
            }

            foreach (var reason in RejectReasons)
            {
                _rejected.Add(0, new("cluster", cluster.ClusterId), new("reason", reason));
            }
        }
    }

    /// <summary>A client was added to a pool.</summary>
    public void Added(string cluster) => _active.Add(1, new KeyValuePair<string, object?>("cluster", cluster));

    /// <summary>A client's connections were closed.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="reason">
    /// idle, closed (the client closed its connection), limit (another client needed the room), descriptors (the process needed
    /// descriptors) or reload.
    /// </param>
    public void Ended(string cluster, string reason)
    {
        _active.Add(-1, new KeyValuePair<string, object?>("cluster", cluster));
        _ended.Add(1, new("cluster", cluster), new("reason", reason));
    }

    /// <summary>A request was sent a second time.</summary>
    public void Repeated(string cluster) => _repeated.Add(1, new KeyValuePair<string, object?>("cluster", cluster));

    /// <summary>A request was refused.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="reason">limit, descriptors or source_ip.</param>
    public void Rejected(string cluster, string reason) => _rejected.Add(1, new("cluster", cluster), new("reason", reason));
}
