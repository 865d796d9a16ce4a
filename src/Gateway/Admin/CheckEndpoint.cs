using Gateway.Checks;

namespace Gateway.Admin;

/// <summary>
/// <c>/check</c> of the Admin listener. GET returns the last self-test of the configuration in force as text, or as JSON if the request
/// accepts JSON. POST runs a new self-test that also checks the destinations.
/// </summary>
internal static class CheckEndpoint
{
    private const string Json = "application/json";

    public static async Task AnswerAsync(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        if (!HttpMethods.IsGet(request.Method) && !HttpMethods.IsPost(request.Method))
        {
            response.Headers.Allow = "GET, POST";
            response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            return;
        }

        CheckReport report;
        try
        {
            var test = context.RequestServices.GetRequiredService<SelfTest>();
            report = await (HttpMethods.IsPost(request.Method) ? test.CheckAllAsync() : test.ReportAsync()).WaitAsync(
                context.RequestAborted);
        }
        catch (OperationCanceledException)
        {
            // The gateway is stopping, a newer configuration has ended the run, or the client has left.
            response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }

        var wantsJson = request.Headers.Accept.Any(types => types?.Contains(Json, StringComparison.OrdinalIgnoreCase) == true);
        response.ContentType = wantsJson ? Json : "text/plain; charset=utf-8";
        response.Headers.CacheControl = "no-store";
        await response.WriteAsync(wantsJson ? report.ToJson() : report.ToText(), context.RequestAborted);
    }
}
