using Gateway.Admin;
using Gateway.Http.Listeners;
using Microsoft.AspNetCore.Http;

namespace Gateway.Tests.Admin;

/// <summary>What a web page may not ask.</summary>
public sealed class AdminGuardTests
{
    [Theory]
    [InlineData("GET", "/", "", 200)]
    [InlineData("GET", "/", "Sec-Fetch-Site: cross-site", 200)]
    [InlineData("GET", "/api/connections", "", 200)]
    [InlineData("GET", "/api/connections", "Sec-Fetch-Site: none", 200)]
    [InlineData("GET", "/api/connections", "Sec-Fetch-Site: same-origin", 200)]
    [InlineData("GET", "/api/connections", "Sec-Fetch-Site: same-site", 403)]
    [InlineData("GET", "/api/events", "Sec-Fetch-Site: cross-site", 403)]
    [InlineData("GET", "/api/events", "Origin: http://127.0.0.1:9902", 403)]
    [InlineData("GET", "/metrics", "Sec-Fetch-Site: cross-site", 200)]
    [InlineData("POST", "/api/x", "", 403)]
    [InlineData("POST", "/api/x", "Authorization: Basic x", 403)]
    [InlineData("POST", "/api/x", "Authorization: Bearer x", 200)]
    [InlineData("POST", "/api/x", "X-Gateway-Request: 1", 200)]
    [InlineData("POST", "/api/x", "Authorization: Bearer x|Origin: http://127.0.0.1:9901", 200)]
    [InlineData("POST", "/api/x", "Authorization: Bearer x|Origin: http://evil.example", 403)]
    [InlineData("POST", "/api/x", "Authorization: Bearer x|Origin: null", 403)]
    [InlineData("POST", "/check", "X-Gateway-Request: 1|Sec-Fetch-Site: cross-site", 403)]
    [InlineData("DELETE", "/api/x", "Authorization: Bearer x|Sec-Fetch-Site: cross-site", 403)]
    [InlineData("DELETE", "/api/x", "Authorization: Bearer x", 200)]
    public async Task RunAsync_ByWhatABrowserSaysOfThePage_PassesOrRefuses(string method, string path, string headers, int status)
    {
        var context = new DefaultHttpContext();
        context.Features.Set<IListenerFeature>(new ListenerFeature("Admin", ListenerKind.Admin, Http: null));
        (context.Request.Method, context.Request.Path, context.Request.Scheme) = (method, path, "http");
        context.Request.Host = new HostString("127.0.0.1:9901");
        foreach (var header in headers.Split('|', StringSplitOptions.RemoveEmptyEntries))
        {
            context.Request.Headers[header.Split(": ")[0]] = header.Split(": ")[1];
        }

        await AdminGuard.RunAsync(context, static _ => Task.CompletedTask);

        Assert.Equal(status, context.Response.StatusCode);
    }
}
