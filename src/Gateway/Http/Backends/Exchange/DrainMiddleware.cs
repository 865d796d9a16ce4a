namespace Gateway.Http.Backends.Exchange;

/// <summary>
/// Keeps requests away from destinations that an operator has drained. It stands before session affinity, so that a session whose
/// destination is drained is treated like one whose destination is unhealthy.
/// </summary>
internal sealed class DrainMiddleware(RequestDelegate next, DrainedDestinations drained)
{
    /// <summary>Runs a request.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        var proxy = context.GetReverseProxyFeature();
        var left = drained.Without(proxy.AvailableDestinations);
        if (!ReferenceEquals(left, proxy.AvailableDestinations))
        {
            proxy.AvailableDestinations = left;
        }

        return next(context);
    }
}
