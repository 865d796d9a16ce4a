using Gateway.Http.Forwarded;
using Gateway.Http.Messages;
using Gateway.ProxyProtocol;
using Gateway.Tcp.Identification;
using Microsoft.Extensions.Primitives;
using Yarp.ReverseProxy.Transforms;

namespace Gateway.Http.Requests;

/// <summary>
/// Sets the headers that tell a backend the client:
/// <list type="bullet">
/// <item>X-Forwarded-For: the received entries, with the hop's address appended.</item>
/// <item>X-Real-IP: the client's address.</item>
/// <item>X-Forwarded-Proto and -Host: received values stay, because untrusted values were removed before
/// (<see cref="ForwardedHeadersModel.Refuses"/>). Without a received value, the host of the request and the scheme of our own connection
/// are set; the scheme is https if the PROXY header says that TLS ended in front of the gateway.</item>
/// <item>CDN-Loop: the received entries, with our entry appended (<see cref="LoopGuard"/>).</item>
/// <item>Forwarded: removed, because the gateway does not append to it, and a backend would trust a value that the hop may have invented. A
/// route can set it with YARP's transform <c>Forwarded</c>.</item>
/// </list>
/// <see cref="GatewayTransforms"/> decides once for each route which of these headers the route's own transforms set instead.
/// </summary>
internal sealed class ForwardingHeadersTransform(ForwardingHeaders headers) : RequestTransform
{
    /// <inheritdoc/>
    public override ValueTask ApplyAsync(RequestTransformContext context)
    {
        if (context.HttpContext.Features.Find<ClientIdentity>() is not { } identity)
        {
            throw new InvalidOperationException("A request has no client identity: it did not come through UseHttpGateway.");
        }
        var request = context.HttpContext.Request;
        if (Has(ForwardingHeaders.For))
        {
            // All requests of a connection share one string, because IPAddress caches its text and the connection keeps its address.
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
            // Reads the header of the client's request, because a route that passes only some headers on would otherwise lose the count.
            RemoveHeader(context, LoopGuard.Header);
            AddHeader(context, LoopGuard.Header, StringValues.Concat(request.Headers[LoopGuard.Header], LoopGuard.Entry));
        }
        return default;
    }

    private static string SchemeOf(HttpContext context) =>
        context.Features.Find<ConnectionIdentity>() is { Tlvs: { IsEmpty: false } tlvs } && ProxySslTlv.SaysTls(tlvs.Span)
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
