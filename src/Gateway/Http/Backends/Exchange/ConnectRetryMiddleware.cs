using Gateway.Http.Messages;
using Gateway.Kubernetes.Endpoints;
using Gateway.Tcp.Dialing;
using Gateway.Tcp.Telemetry;
using Microsoft.Extensions.Primitives;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;
using Yarp.ReverseProxy.SessionAffinity;

namespace Gateway.Http.Backends.Exchange;

/// <summary>
/// Sends a request to another destination of its cluster if the connect failed. Nothing of the request was sent by then, and its body was
/// not read: so any method may be repeated, and nothing is buffered. Stands between session affinity and load balancing, so that the
/// cluster's policy chooses among the destinations that are left, and passive health hears of each attempt.
/// <para>
/// A request whose session belongs to a destination goes to another destination too, as YARP redistributes a session whose destination is
/// unhealthy; but not if the cluster's FailurePolicy is Return503Error.
/// </para>
/// </summary>
internal sealed class ConnectRetryMiddleware(RequestDelegate next, SocketDialer dialer, DrainedDestinations drained)
{
    // As many as a TCP connection makes. At the default connect timeout of 15 s no client waits for more of them.
    private const int MostAttempts = 16;

    /// <summary>Sends a request.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        var proxy = context.GetReverseProxyFeature();
        return proxy.Route.Cluster!.DestinationsState.AvailableDestinations.Count < 2 ? next(context) : TryAllAsync(context, proxy);
    }

    private async Task TryAllAsync(HttpContext context, IReverseProxyFeature proxy)
    {
        var affinitized = proxy.AvailableDestinations;
        var headers = context.Response.Headers is { Count: > 0 } written ? written.ToArray() : [];
        List<DestinationState>? tried = null;
        for (var attempts = 1; ; attempts++)
        {
            await next(context);
            if (attempts > 1 && proxy.ProxiedDestination is { } another)
            {
                dialer.Retrying(proxy.Cluster.Config.ClusterId, PodDestination.NameOf(another.DestinationId));
            }

            if (attempts == MostAttempts || proxy.ProxiedDestination is not { } failed || !HasSentNothing(context))
            {
                return;
            }

            (tried ??= []).Add(failed);
            var others = Destinations(proxy, affinitized).Where(destination => !tried.Contains(destination)).ToList();
            if (others.Count == 0)
            {
                return;
            }

            Reset(context, headers);
            (proxy.AvailableDestinations, proxy.ProxiedDestination) = (others, null);
        }
    }

    private static bool HasSentNothing(HttpContext context) =>
        !context.Response.HasStarted
        && !context.RequestAborted.IsCancellationRequested
        && RequestFailures.Of(context)?.MayTryAnother() == true
        && context.Features.Find<UploadContent>() is null or { Count: 0 };

    private IReadOnlyList<DestinationState> Destinations(
        IReverseProxyFeature proxy, IReadOnlyList<DestinationState> affinitized) =>
        proxy.Cluster.Config.SessionAffinity is { Enabled: true, FailurePolicy: var policy }
        && string.Equals(policy, SessionAffinityConstants.FailurePolicies.Return503Error, StringComparison.OrdinalIgnoreCase)
            ? affinitized
            : drained.Without(proxy.Route.Cluster!.DestinationsState.AvailableDestinations);

    // What the attempt has written for its failure: the status, headers of transforms, and the error.
    private static void Reset(HttpContext context, KeyValuePair<string, StringValues>[] headers)
    {
        context.Response.Clear();
        foreach (var (name, values) in headers)
        {
            context.Response.Headers[name] = values;
        }

        context.Features.Put<IForwarderErrorFeature>(null);
        context.Features.Put<UploadContent>(null);
    }
}
