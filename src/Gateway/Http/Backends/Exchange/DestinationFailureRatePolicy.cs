using Gateway.Http.Messages;
using Gateway.Tcp.Telemetry;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace Gateway.Http.Backends.Exchange;

/// <summary>
/// YARP's passive health policy TransportFailureRate, which gets only the failures that are the destination's fault. YARP's policy alone
/// also counts failures that a client can cause, so that a few odd requests would take a destination out for all clients. <see
/// cref="PassiveHealthFilter"/> replaces YARP's policy by this policy.
/// </summary>
/// <param name="services">Holds YARP's policy, which is resolved late because both policies are in the same list of services.</param>
internal sealed class DestinationFailureRatePolicy(IServiceProvider services) : IPassiveHealthCheckPolicy
{
    /// <summary>The name of this policy in a cluster's configuration.</summary>
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
        var error = context.Features.Find<IForwarderErrorFeature>();
        if (error is null || RequestFailures.Of(context)?.BlamesDestination() == true)
        {
            _inner.Value.RequestProxied(context, cluster, destination);
            return;
        }

        // YARP's policy looks only at this feature. Without the feature, the policy counts the request as a success.
        context.Features.Put<IForwarderErrorFeature>(null);
        _inner.Value.RequestProxied(context, cluster, destination);
        context.Features.Put(error);
    }
}
