using Gateway.Http.Forwarded;
using Gateway.ProxyProtocol;
using Gateway.Tcp.Identification;
using Microsoft.Extensions.Primitives;
using Yarp.ReverseProxy.Transforms;

namespace Gateway.Http.Requests;

/// <summary>
/// The headers that tell a backend who the client is, in one pass:
/// <list type="bullet">
/// <item>X-Forwarded-For: what came, and the hop appended.</item>
/// <item>X-Real-IP: the client.</item>
/// <item>X-Forwarded-Proto and -Host: what came stays, since what its hop does not vouch for was removed before
/// (<see cref="ForwardedHeadersModel.Refuses"/>); else our own connection's scheme (https, if the PROXY header says that TLS ended before
/// us) and host are set.</item>
/// <item>CDN-Loop: what came, and our entry (<see cref="LoopGuard"/>).</item>
/// <item>Forwarded: removed. Nobody appends to it here, so what came would speak with an authority that the hop may not have. A route that
/// wants it asks for it (YARP's transform <c>Forwarded</c>).</item>
/// </list>
/// Which of them a route leaves to its own transforms is decided once, by <see cref="GatewayTransforms"/>.
/// </summary>
internal sealed class ForwardingHeadersTransform(ForwardingHeaders headers) : RequestTransform
{
    /// <inheritdoc/>
    public override ValueTask ApplyAsync(RequestTransformContext context)
    {
        if (context.HttpContext.Features.Get<ClientIdentity>() is not { } identity)
        {
            throw new InvalidOperationException("A request has no client identity: it did not come through UseHttpGateway.");
        }
        var request = context.HttpContext.Request;
        if (Has(ForwardingHeaders.For))
        {
            // IPAddress keeps its text, and a connection keeps its address: one string for all requests of a connection.
            AddHeader(
                context,
                ForwardingHeaderNames.For,
                StringValues.Concat(TakeHeader(context, ForwardingHeaderNames.For), identity.Hop.ToString()));
        }
        if (Has(ForwardingHeaders.Proto))
        {
            KeepOrSet(context, ForwardingHeaderNames.Proto, SchemeOf(context.HttpContext));
        }
        if (Has(ForwardingHeaders.Host))
        {
            KeepOrSet(context, ForwardingHeaderNames.Host, request.Host.HasValue ? request.Host.ToUriComponent() : null);
        }
        if (Has(ForwardingHeaders.Forwarded))
        {
            RemoveHeader(context, ForwardingHeaderNames.Forwarded);
        }
        if (Has(ForwardingHeaders.RealIp))
        {
            RemoveHeader(context, ForwardingHeaderNames.RealIp);
            AddHeader(context, ForwardingHeaderNames.RealIp, identity.Client.ToString());
        }
        if (Has(ForwardingHeaders.Loop))
        {
            // From the request itself: a route that lets only some headers through must not forget the count.
            RemoveHeader(context, LoopGuard.Header);
            AddHeader(context, LoopGuard.Header, StringValues.Concat(request.Headers[LoopGuard.Header], LoopGuard.Entry));
        }
        return default;
    }

    private static string SchemeOf(HttpContext context) =>
        context.Features.Get<ConnectionIdentity>() is { Tlvs: { IsEmpty: false } tlvs } && ProxySslTlv.SaysTls(tlvs.Span)
            ? "https"
            : context.Request.Scheme;

    private bool Has(ForwardingHeaders header) => (headers & header) != 0;

    private static void KeepOrSet(RequestTransformContext context, string name, string? value)
    {
        var came = TakeHeader(context, name);
        if (!StringValues.IsNullOrEmpty(came))
        {
            AddHeader(context, name, came);
        }
        else if (value is not null)
        {
            AddHeader(context, name, value);
        }
    }
}
