using Gateway.Http.Backends.Clients;
using Gateway.Http.Forwarded;
using Yarp.ReverseProxy.Transforms.Builder;

namespace Gateway.Http.Requests;

/// <summary>
/// Gives every route the gateway's forwarding headers in place of YARP's defaults (which overwrite X-Forwarded-For and so lose a CDN's
/// chain). A route's own transform wins: <c>X-Forwarded</c> and <c>Forwarded</c> take all but X-Real-IP from us, a <c>RequestHeader…</c>
/// transform the header that it names. Responses get <see cref="HeadersFirstTransform"/>, <see cref="TrailerTransform"/> and
/// <see cref="ResponseRules"/>. Clusters that keep clients apart learn whose request it is (<see cref="ClientTransform"/>); the access log
/// learns why one was not sent (<see cref="RefusalTransform"/>). The target goes on as it was written (<see cref="TargetTransform"/>).
/// </summary>
internal sealed class GatewayTransforms : ITransformProvider
{
    private static readonly EndToEndHeaders EndToEnd = new();
    private static readonly ResponseRules Rules = new();
    private static readonly HeadersFirstTransform HeadersFirst = new();
    private static readonly TrailerTransform Trailer = new();
    private static readonly ClientTransform Client = new();
    private static readonly RefusalTransform Refusal = new();
    private static readonly HashSet<string> QueryTransforms = new(StringComparer.OrdinalIgnoreCase)
    {
        "QueryValueParameter", "QueryRouteParameter", "QueryRemoveParameter",
    };

    private static readonly string[] HeaderTransforms = ["RequestHeader", "RequestHeaderRemove", "RequestHeaderRouteValue"];

    /// <inheritdoc/>
    public void ValidateRoute(TransformRouteValidationContext context)
    {
    }

    /// <inheritdoc/>
    public void ValidateCluster(TransformClusterValidationContext context)
    {
    }

    /// <inheritdoc/>
    public void Apply(TransformBuilderContext context)
    {
        context.UseDefaultForwarders = false;
        // First: a route's own transform of the header wins.
        context.RequestTransforms.Insert(0, EndToEnd);
        if (Ours(context.Route.Transforms ?? []) is not ForwardingHeaders.None and var ours)
        {
            // Last, after a RequestHeadersAllowed transform has copied what it lets through: before it, our entry of X-Forwarded-For would
            // come first and the client's own text last.
            context.RequestTransforms.Add(new ForwardingHeadersTransform(ours));
        }
        context.RequestTransforms.Add(Client);
        if (RouteValueText.For(context.Route.Transforms ?? []) is { } text)
        {
            context.RequestTransforms.Add(text);
        }
        context.RequestTransforms.Add(TargetOf(context.Route.Transforms ?? []));
        context.ResponseTransforms.Add(Refusal);
        context.ResponseTransforms.Add(Rules);
        context.ResponseTransforms.Add(HeadersFirst);
        context.ResponseTransforms.Add(Trailer);
    }

    /// <summary>What carries the target on beside a route's own transforms.</summary>
    private static TargetTransform TargetOf(IReadOnlyList<IReadOnlyDictionary<string, string>> transforms) => new(
        transforms.Any(static transform => transform.ContainsKey("PathSet")),
        transforms.Any(static transform => transform.Keys.Any(QueryTransforms.Contains)));

    /// <summary>The headers that <paramref name="transforms"/> leave to the gateway.</summary>
    internal static ForwardingHeaders Ours(IReadOnlyList<IReadOnlyDictionary<string, string>> transforms)
    {
        var ours = ForwardingHeaders.All;
        foreach (var transform in transforms)
        {
            if (transform.ContainsKey("X-Forwarded") || transform.ContainsKey("Forwarded"))
            {
                ours &= ~ForwardingHeaders.AllForwarded;
            }
            foreach (var key in HeaderTransforms)
            {
                if (transform.TryGetValue(key, out var name))
                {
                    ours &= ~ForwardingHeaderNames.Find(name);
                }
            }
        }
        return ours;
    }
}
