using System.Net;
using Gateway.Http.Listeners;

namespace Gateway.Admin;

/// <summary>
/// Keeps web pages away from the Admin listener, which a browser on this machine can reach. A page can have its own name resolve to
/// 127.0.0.1, so only an IP address or localhost is answered in Host. And it can send a form to 127.0.0.1, so a POST needs a header of
/// ours: a page may send it only after a question that nobody here answers (CORS), as any method but POST, GET and HEAD.
/// </summary>
internal static class AdminGuard
{
    /// <summary>Any value will do.</summary>
    public const string Header = "X-Gateway-Request";

    /// <summary>Answers what it refuses; passes on the rest.</summary>
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
        return HttpMethods.IsPost(request.Method) && string.IsNullOrEmpty(request.Headers[Header])
            ? RefuseAsync(context, StatusCodes.Status403Forbidden, $"POST needs the header {Header}: 1, which no web page can send")
            : next(context);
    }

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
