using System.Text;
using System.Text.RegularExpressions;
using Gateway.Admin.Page;
using Microsoft.AspNetCore.Http;

namespace Gateway.Tests.Admin.Page;

/// <summary>The files of the status page.</summary>
public sealed partial class PageEndpointTests
{
    [Theory]
    [InlineData("/", "text/html; charset=utf-8")]
    [InlineData("/page.css", "text/css; charset=utf-8")]
    [InlineData("/page.js", "text/javascript; charset=utf-8")]
    [InlineData("/page.svg", "image/svg+xml")]
    public async Task AnswerAsync_ForAFile_HasItsTypeAndTheStrictHeaders(string path, string type)
    {
        var (response, text) = await GetAsync(path);

        Assert.Equal((200, type), (response.StatusCode, response.ContentType));
        Assert.NotEmpty(text);
        Assert.Equal(PageEndpoint.ContentSecurityPolicy, response.Headers.ContentSecurityPolicy);
        Assert.DoesNotContain("unsafe", PageEndpoint.ContentSecurityPolicy, StringComparison.Ordinal);
        Assert.Equal("nosniff", response.Headers.XContentTypeOptions);
        Assert.Equal("DENY", response.Headers.XFrameOptions);
        Assert.Equal("no-referrer", response.Headers["Referrer-Policy"]);
    }

    [Fact]
    public async Task AnswerAsync_ForWhatTheBrowserHas_SendsNothing()
    {
        var tag = (await GetAsync("/page.js")).Response.Headers.ETag.ToString();

        var (response, text) = await GetAsync("/page.js", tag: tag);

        Assert.Equal((304, ""), (response.StatusCode, text));
    }

    [Fact]
    public async Task AnswerAsync_ForAPost_IsNotAllowed() => Assert.Equal(405, (await GetAsync("/", "POST")).Response.StatusCode);

    [Theory]
    [InlineData("/index.html")]
    [InlineData("/page.js/")]
    [InlineData("/../page.js")]
    [InlineData(null)]
    public void Has_AnythingElse_No(string? path) => Assert.False(PageEndpoint.Has(path));

    // What the policy would refuse, and what would need another server.
    [Fact]
    public async Task Files_HaveNoInlineCodeNoMarkupFromTextAndNoForeignAddress()
    {
        var html = (await GetAsync("/")).Text;
        Assert.DoesNotMatch(InlineCode(), html);
        Assert.DoesNotMatch("https?://", html);
        var script = (await GetAsync("/page.js")).Text;
        Assert.DoesNotMatch(@"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|\.style\b|https?://", Code(script));
        Assert.DoesNotMatch("url\\(|@import|https?://", (await GetAsync("/page.css")).Text);
    }

    // Every table has a caption, every field a label, every section a heading: a screen reader goes by them.
    [Fact]
    public async Task Page_ForAScreenReader_NamesItsParts()
    {
        var html = (await GetAsync("/")).Text;

        Assert.Equal(Count(html, "<table"), Count(html, "<caption>"));
        Assert.Equal(Count(html, "<section"), Count(html, "<section aria-labelledby="));
        Assert.Equal(Count(html, "<input") + Count(html, "<select"), Count(html, "<label"));
        Assert.All(["<html lang=", "<main", "<header", "<nav aria-label=", "aria-live=\"polite\"", "name=\"viewport\""], part =>
            Assert.Contains(part, html, StringComparison.Ordinal));
        var css = (await GetAsync("/page.css")).Text;
        Assert.Contains("prefers-color-scheme: dark", css, StringComparison.Ordinal);
    }

    private static int Count(string text, string part) => text.Split(part).Length - 1;

    // Without comments, which may name what the code does not do.
    private static string Code(string script) =>
        string.Join('\n', script.Split('\n').Where(static line => !line.StartsWith("//", StringComparison.Ordinal)));

    private static async Task<(HttpResponse Response, string Text)> GetAsync(string path, string method = "GET", string? tag = null)
    {
        var context = new DefaultHttpContext();
        var body = new MemoryStream();
        context.Response.Body = body;
        (context.Request.Method, context.Request.Path) = (method, path);
        if (tag is not null)
        {
            context.Request.Headers.IfNoneMatch = tag;
        }

        await PageEndpoint.AnswerAsync(context);
        return (context.Response, Encoding.UTF8.GetString(body.ToArray()));
    }

    [GeneratedRegex(@"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:", RegexOptions.IgnoreCase)]
    private static partial Regex InlineCode();
}
