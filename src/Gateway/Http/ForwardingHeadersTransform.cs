using Gateway.ProxyProtocol;
using Gateway.Tcp.Identification;
using Microsoft.Extensions.Primitives;
using Yarp.ReverseProxy.Transforms;

namespace Gateway.Http;

/// <summary>
/// The headers that tell a backend who the client is, in one pass:
/// <list type="bullet">
/// <item>X-Forwarded-For: what came, and the hop appended.</item>
/// <item>X-Real-IP: the client.</item>
/// <item>X-Forwarded-Proto, -Host and -Prefix: what a trusted hop said stays, else our own connection's scheme (https, if the PROXY header says that TLS ended before us) and host are set
/// and a prefix is removed.</item>
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
            AddHeader(context, ForwardingHeaderNames.For, StringValues.Concat(TakeHeader(context, ForwardingHeaderNames.For), identity.Hop.ToString()));
        }
        if (Has(ForwardingHeaders.Proto))
        {
            KeepOrSet(context, ForwardingHeaderNames.Proto, identity.IsHopTrusted, SchemeOf(context.HttpContext));
        }
        if (Has(ForwardingHeaders.Host))
        {
            KeepOrSet(context, ForwardingHeaderNames.Host, identity.IsHopTrusted, request.Host.HasValue ? request.Host.ToUriComponent() : null);
        }
        if (Has(ForwardingHeaders.Prefix))
        {
            KeepOrSet(context, ForwardingHeaderNames.Prefix, identity.IsHopTrusted, null);
        }
        if (Has(ForwardingHeaders.Forwarded))
        {
            RemoveHeader(context, ForwardingHeaderNames.Forwarded);
        }
        if (Has(ForwardingHeaders.RealIp))
        {
            KeepOrSet(context, ForwardingHeaderNames.RealIp, false, identity.Client.ToString());
        }
        return default;
    }

    private static string SchemeOf(HttpContext context) =>
        context.Features.Get<ConnectionIdentity>() is { Tlvs: { IsEmpty: false } tlvs } && ProxySslTlv.SaysTls(tlvs.Span) ? "https" : context.Request.Scheme;

    private bool Has(ForwardingHeaders header) => (headers & header) != 0;

    private static void KeepOrSet(RequestTransformContext context, string name, bool keep, string? value)
    {
        var came = TakeHeader(context, name);
        if (keep && !StringValues.IsNullOrEmpty(came))
        {
            AddHeader(context, name, came);
        }
        else if (value is not null)
        {
            AddHeader(context, name, value);
        }
    }
}
