using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace Gateway.Http.Backends.Clients;

/// <summary>
/// Makes the requests of YARP's active health checks, so that few are under way at once (<see cref="ProbeRequest"/>). YARP asks all
/// destinations at the same time, and each check holds a descriptor until its destination answers or its time is over: 6,000 destinations
/// that drop SYNs would take 6,000.
/// </summary>
/// <param name="inner">YARP's own.</param>
/// <param name="options">For the timeout of clusters that have none.</param>
/// <param name="time">The clock.</param>
internal sealed class ProbeRequests(IProbingRequestFactory inner, IOptions<ActiveHealthCheckMonitorOptions> options, TimeProvider time)
    : IProbingRequestFactory,
        IDisposable
{
    /// <summary>
    /// At once, of all clusters. As many as of TCP clusters: both come out of the reserve that clients' connections leave.
    /// </summary>
    public const int Most = 128;

    private readonly SemaphoreSlim _room = new(Most);

    /// <inheritdoc/>
    public HttpRequestMessage CreateRequest(ClusterModel cluster, DestinationModel destination) =>
        new ProbeRequest(
            inner.CreateRequest(cluster, destination),
            _room,
            cluster.Config.HealthCheck?.Active?.Timeout ?? options.Value.DefaultTimeout,
            time);

    /// <inheritdoc/>
    public void Dispose() => _room.Dispose();
}
