using System.Net;
using Gateway.Admin.Api;
using Gateway.Http.Listeners;

namespace Gateway.Admin;

/// <summary>
/// Protects the Admin listener from web pages, because a browser on this machine can reach it. Three attacks are prevented:
/// <list type="number">
/// <item>A page can make its own name resolve to 127.0.0.1. So Host must be an IP address or localhost.</item>
/// <item>A page can send a form to 127.0.0.1. So a POST needs a header of ours, or a token in Authorization: a browser sends such headers
/// only after a CORS preflight request, and the gateway does not answer that. Methods other than POST, GET and HEAD need a preflight,
/// too.</item>
/// <item>A page can ask without reading the answer. So what a browser itself marks as coming from another site (Origin, Sec-Fetch-Site)
/// changes nothing and does not reach the API.</item>
/// </list>
/// </summary>
internal static class AdminGuard
{
    /// <summary>The name of the header that a POST needs. Any value is accepted.</summary>
    public const string Header = "X-Gateway-Request";

    /// <summary>Answers refused requests, and passes all others on.</summary>
    public static Task RunAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Features.Get<IListenerFeature>() is not { Kind: ListenerKind.Admin })
        {
            return next(context);
        }
        var request = context.Request;
        if (!IsLocalName(request.Host.Host))
        {
            return RefuseAsync(
                context,
                StatusCodes.Status421MisdirectedRequest,
                "Admin answers only to an IP address or localhost in Host, so that no web page can ask it under a name of its own; "
                    + "Probes answers to any");
        }
        var isRead = HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);
        if (IsFromAnotherSite(request) && (!isRead || request.Path.StartsWithSegments(ApiEndpoint.Prefix)))
        {
            return RefuseAsync(context, StatusCodes.Status403Forbidden, "a web page of another site may not ask this");
        }
        return HttpMethods.IsPost(request.Method) && string.IsNullOrEmpty(request.Headers[Header]) && !HasToken(request)
            ? RefuseAsync(context, StatusCodes.Status403Forbidden, $"POST needs the header {Header}: 1, which no web page can send")
            : next(context);
    }

    // A page of the same site is a page of another port of this host.
    private static bool IsFromAnotherSite(HttpRequest request) =>
        request.Headers["Sec-Fetch-Site"] is { Count: > 0 } site && site.ToString() is not ("same-origin" or "none")
        || (request.Headers.Origin is { Count: > 0 } origin
            && !origin.ToString().Equals($"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase));

    private static bool HasToken(HttpRequest request) =>
        request.Headers.Authorization.ToString().StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase);

    private static bool IsLocalName(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || IPAddress.TryParse(host, out _);

    private static Task RefuseAsync(HttpContext context, int status, string why)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsync(why + "\n");
    }
}
