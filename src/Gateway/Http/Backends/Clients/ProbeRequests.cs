using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace Gateway.Http.Backends.Clients;

/// <summary>
/// Makes the requests of YARP's active health checks, so that few of them are under way at once (<see cref="ProbeRequest"/>). YARP checks
/// all destinations at the same time, and each check holds a descriptor until its destination answers or the check times out: 6,000
/// destinations that drop SYNs would take 6,000 descriptors.
/// </summary>
/// <param name="inner">YARP's own factory.</param>
/// <param name="options">For the timeout of clusters that have none.</param>
/// <param name="time">The clock.</param>
internal sealed class ProbeRequests(IProbingRequestFactory inner, IOptions<ActiveHealthCheckMonitorOptions> options, TimeProvider time)
    : IProbingRequestFactory,
        IDisposable
{
    /// <summary>
    /// The most requests under way at once, over all HTTP clusters. TCP clusters have the same limit. Both come out of the reserve of
    /// descriptors that clients' connections leave.
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
