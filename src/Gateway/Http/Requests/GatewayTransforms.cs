using Gateway.Http.Backends.Clients;
using Gateway.Http.Forwarded;
using Yarp.ReverseProxy.Transforms.Builder;

namespace Gateway.Http.Requests;

/// <summary>
/// Gives every route the gateway's transforms:
/// <list type="bullet">
/// <item>The gateway's forwarding headers replace YARP's defaults, because these overwrite X-Forwarded-For and so lose a CDN's chain. A
/// route's own transform wins: with <c>X-Forwarded</c> or <c>Forwarded</c> the gateway sets only X-Real-IP and CDN-Loop; with a
/// <c>RequestHeader…</c> transform it does not set the header that the transform names.</item>
/// <item>Responses get <see cref="HeadersFirstTransform"/>, <see cref="TrailerTransform"/> and <see cref="ResponseRules"/>.</item>
/// <item>The HTTP client learns the client of a request (<see cref="ClientTransform"/>).</item>
/// <item>The status page learns where the newest request of a connection goes (<see cref="ConnectionRequestsTransform"/>).</item>
/// <item>The access log learns why a request was not sent (<see cref="RefusalTransform"/>).</item>
/// <item>The request target is sent as the client wrote it (<see cref="TargetTransform"/>).</item>
/// </list>
/// </summary>
internal sealed class GatewayTransforms : ITransformProvider
{
    private static readonly EndToEndHeaders EndToEnd = new();
    private static readonly ResponseRules Rules = new();
    private static readonly HeadersFirstTransform HeadersFirst = new();
    private static readonly TrailerTransform Trailer = new();
    private static readonly ClientTransform Client = new();
    private static readonly ConnectionRequestsTransform Shown = new();
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
        // Inserted first, so that a route's own transform of the header wins.
        context.RequestTransforms.Insert(0, EndToEnd);
        if (Ours(context.Route.Transforms ?? []) is not ForwardingHeaders.None and var ours)
        {
            // Added after the route's transforms. A RequestHeadersAllowed transform copies the allowed headers: if the gateway's transform
            // ran before it, our entry of X-Forwarded-For would come first and the client's own text last.
            context.RequestTransforms.Add(new ForwardingHeadersTransform(ours));
        }
        context.RequestTransforms.Add(Client);
        context.RequestTransforms.Add(Shown);
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

    /// <summary>The transform that sends the request target, adapted to the route's own transforms.</summary>
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
