using System.Globalization;
using Gateway.Http.Backends.Exchange;
using Gateway.Http.Forwarded;
using Gateway.Http.Listeners;
using Gateway.Http.Messages;
using Gateway.Tcp.Telemetry;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Gateway.Http.Requests;

/// <summary>
/// The rules of RFC 9110 and 9112 for a proxy that the server does not implement. A request that two hops could read differently is
/// refused. Headers that are meant only for this hop are not passed on.
/// <list type="number">
/// <item>Header limits that the server does not enforce, with HTTP/2 and on Https listeners: <see cref="HeaderLimits"/>. 414, 431.</item>
/// <item>Framing. Refused are: any transfer coding but a single <c>chunked</c>, a transfer coding beside a Content-Length, and a transfer
/// coding in HTTP/1.0. 400, or 501 for an unknown coding, and the connection ends.</item>
/// <item>CONNECT, except HTTP/2's extended CONNECT for WebSockets, because the gateway is no forward proxy. 501.</item>
/// <item>A path that hides a parent directory: <see cref="RawTarget.HidesParent"/>. 400.</item>
/// <item>Max-Forwards of OPTIONS and TRACE is counted down. At 0 the gateway itself answers.</item>
/// <item>An absolute target is matched by its path. The scheme that HTTP/2 names is trusted only from a trusted hop.</item>
/// <item>Removed: headers that Connection nominates, an empty Host, and Trailer (trailers of requests are not passed on).</item>
/// </list>
/// </summary>
internal sealed class RequestRules(RequestDelegate next)
{
    private static readonly string[] Framing =
    [
        HeaderNames.Host,
        HeaderNames.ContentLength,
        HeaderNames.TransferEncoding,
        HeaderNames.Connection,
        HeaderNames.Upgrade,
        HeaderNames.TE,
    ];

    /// <summary>Runs a request.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        var isHttp2 = HttpProtocol.IsHttp2(request.Protocol);
        var target = context.Features.Find<IHttpRequestFeature>()!.RawTarget;
        var isMeasuredHere = isHttp2 || context.Features.Find<EndedTls>() is not null;
        if (((isMeasuredHere ? FaultOfLimits(context, target) : null) ?? (isHttp2 ? null : FaultOfFraming(request))) is { } fault)
        {
            return RefuseAsync(context, fault.Status, fault.Error, fault.Detail);
        }

        if (HttpMethods.IsConnect(request.Method)
            && context.Features.Find<IHttpExtendedConnectFeature>() is not { IsExtendedConnect: true })
        {
            return RefuseAsync(context, StatusCodes.Status501NotImplemented, "Method", "CONNECT is for forward proxies");
        }

        if (RawTarget.PathOf(target) is { IsEmpty: false } path)
        {
            path = RawTarget.WithoutDotSegments(path);
            if (RawTarget.HidesParent(path))
            {
                return RefuseAsync(
                    context,
                    StatusCodes.Status400BadRequest,
                    "Path",
                    "a parent directory behind an encoded slash, a backslash or with a parameter");
            }

            if (!target.StartsWith('/'))
            {
                request.Path = PathString.FromUriComponent(path.ToString());
            }
        }

        if (request.Headers[HeaderNames.MaxForwards] is { Count: > 0 } hops && !TryForward(request, hops))
        {
            return AnswerAsync(context);
        }

        if (isHttp2)
        {
            KeepScheme(context);
        }
        else
        {
            RemoveNominated(context);
        }

        RemoveEmpty(request.Headers);
        return next(context);
    }

    private static (int Status, string Error, string Detail)? FaultOfLimits(HttpContext context, string target) =>
        context.Features.Find<IListenerFeature>()?.Http?.HeaderLimits.Exceeded(context.Request, target) is { } large
            ? (large.Status, "HeaderLimits", large.Detail)
            : null;

    private static (int Status, string Error, string Detail)? FaultOfFraming(HttpRequest request)
    {
        var codings = request.Headers.TransferEncoding;
        if (codings.Count == 0)
        {
            return null;
        }

        if (codings.Count != 1 || !"chunked".Equals(codings[0]?.Trim(' ', '\t'), StringComparison.OrdinalIgnoreCase))
        {
            var names = codings.SelectMany(static line => (line ?? "").Split(',', StringSplitOptions.TrimEntries));
            return names.All(static name => name.Equals("chunked", StringComparison.OrdinalIgnoreCase))
                ? (StatusCodes.Status400BadRequest, "TransferEncoding", "chunked more than once")
                : (StatusCodes.Status501NotImplemented, "TransferEncoding", "a transfer coding other than chunked");
        }

        // The server prefers chunked, and renames the Content-Length to this name.
        return request.Headers.ContainsKey("X-Content-Length")
                ? (StatusCodes.Status400BadRequest, "TransferEncoding", "a Content-Length beside chunked")
            : HttpProtocol.IsHttp10(request.Protocol) ? (StatusCodes.Status400BadRequest, "TransferEncoding", "chunked in HTTP/1.0")
            : null;
    }

    private static Task RefuseAsync(HttpContext context, int status, string error, string detail)
    {
        context.Features.Put(new RequestRefusal(CloseReason.BadRequest, error, detail));
        context.Response.StatusCode = status;
        if (!HttpProtocol.IsHttp2(context.Request.Protocol))
        {
            // The connection ends, because the bytes that follow may be the body or the next request.
            context.Response.Headers.Connection = "close";
        }

        return Task.CompletedTask;
    }

    /// <summary>Counts Max-Forwards down. Returns false if the request must not be forwarded (RFC 9110, 7.6.2).</summary>
    private static bool TryForward(HttpRequest request, StringValues hops)
    {
        var counts = HttpMethods.IsOptions(request.Method) || HttpMethods.IsTrace(request.Method);
        if (!counts || !int.TryParse(hops.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var left))
        {
            return true;
        }

        request.Headers[HeaderNames.MaxForwards] = Math.Max(left - 1, 0).ToString(CultureInfo.InvariantCulture);
        return left > 0;
    }

    private static Task AnswerAsync(HttpContext context)
    {
        // TRACE gets 501, because its response would show the headers that the gateway and other proxies have added.
        context.Response.StatusCode = HttpMethods.IsOptions(context.Request.Method)
            ? StatusCodes.Status200OK
            : StatusCodes.Status501NotImplemented;
        return Task.CompletedTask;
    }

    private static void KeepScheme(HttpContext context)
    {
        var scheme = context.Request.Scheme;
        var own = context.Features.Find<EndedTls>() is null ? Uri.UriSchemeHttp : Uri.UriSchemeHttps;
        if (scheme != own
            && !(scheme == Uri.UriSchemeHttps && context.Features.Find<ClientIdentity>() is { IsHopTrusted: true }))
        {
            context.Request.Scheme = own;
        }
    }

    /// <summary>
    /// Removes the headers that Connection nominates, except framing headers and headers that tell the client's address: a client could
    /// otherwise nominate X-Forwarded-For and hide its address from the backend.
    /// </summary>
    private static void RemoveNominated(HttpContext context)
    {
        var headers = context.Request.Headers;
        foreach (var name in ConnectionOptions.Of(headers.Connection))
        {
            if (!Framing.Contains(name, StringComparer.OrdinalIgnoreCase)
                && !ForwardingHeaderNames.IsClaim(name)
                && !ForwardingHeaderNames.IsEnvoyClaim(name)
                && context.Features.Find<IListenerFeature>()?.Http?.TlvHeaders?.IsReserved(name) != true)
            {
                headers.Remove(name);
            }
        }
    }

    private static void RemoveEmpty(IHeaderDictionary headers)
    {
        if (StringValues.IsNullOrEmpty(headers.Host))
        {
            headers.Remove(HeaderNames.Host);
        }

        headers.Remove(HeaderNames.Trailer);
    }
}
