using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace Gateway.Http.Backends.Exchange;

/// <summary>
/// YARP's passive policy TransportFailureRate, told only of what is the destination's fault: by itself it counts what a client can bring
/// about, and a few odd requests take a destination from everybody. <see cref="PassiveHealthFilter"/> puts it in that policy's place.
/// </summary>
/// <param name="services">Where YARP's policy is. Not asked before it is needed: it stands in one list with this one.</param>
internal sealed class DestinationFailureRatePolicy(IServiceProvider services) : IPassiveHealthCheckPolicy
{
    /// <summary>Its name.</summary>
    public const string PolicyName = "DestinationFailureRate";

    private readonly Lazy<IPassiveHealthCheckPolicy> _inner = new(() =>
        services
            .GetServices<IPassiveHealthCheckPolicy>()
            .Single(static policy => policy.Name == HealthCheckConstants.PassivePolicy.TransportFailureRate));

    /// <inheritdoc/>
    public string Name => PolicyName;

    /// <inheritdoc/>
    public void RequestProxied(HttpContext context, ClusterState cluster, DestinationState destination)
    {
        var error = context.Features.Get<IForwarderErrorFeature>();
        if (error is null || RequestFailure.Of(context) is { IsDestinations: true })
        {
            _inner.Value.RequestProxied(context, cluster, destination);
            return;
        }

        // The policy asks for this feature alone.
        context.Features.Set<IForwarderErrorFeature>(null);
        _inner.Value.RequestProxied(context, cluster, destination);
        context.Features.Set(error);
    }
}
