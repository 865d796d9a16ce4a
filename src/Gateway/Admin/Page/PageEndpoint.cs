using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;

namespace Gateway.Admin.Page;

/// <summary>
/// The status page of the Admin listener: four files that are embedded in the assembly. No file of the page has inline code or styles, so
/// the Content-Security-Policy allows none; Trusted Types keep the script from writing markup.
/// </summary>
internal static class PageEndpoint
{
    /// <summary>The policy of the page.</summary>
    public const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        + "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

    private static readonly Dictionary<string, Asset> Assets = new(StringComparer.Ordinal)
    {
        ["/"] = new Asset("index.html", "text/html; charset=utf-8"),
        ["/page.css"] = new Asset("page.css", "text/css; charset=utf-8"),
        ["/page.js"] = new Asset("page.js", "text/javascript; charset=utf-8"),
        ["/page.svg"] = new Asset("page.svg", "image/svg+xml"),
    };

    /// <summary>Whether a path is one of the page's.</summary>
    public static bool Has(string? path) => path is not null && Assets.ContainsKey(path);

    /// <summary>Answers a request for a path of the page.</summary>
    public static Task AnswerAsync(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        if (!HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method))
        {
            response.Headers.Allow = "GET, HEAD";
            response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            return Task.CompletedTask;
        }

        var asset = Assets[request.Path.Value!];
        SetHeaders(response.Headers, asset.Tag);
        if (request.Headers.IfNoneMatch == asset.Tag)
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        response.ContentType = asset.Type;
        response.ContentLength = asset.Content.Length;
        return HttpMethods.IsHead(request.Method)
            ? Task.CompletedTask
            : response.Body.WriteAsync(asset.Content, context.RequestAborted).AsTask();
    }

    private static void SetHeaders(IHeaderDictionary headers, string tag)
    {
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers[HeaderNames.ETag] = tag;
        // Another gateway, or another version, may answer at the same address next.
        headers.CacheControl = "no-cache";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
    }

    /// <summary>An embedded file. It is read when somebody asks first: a gateway whose page nobody opens does not hold it.</summary>
    private sealed class Asset(string name, string type)
    {
        private readonly Lazy<(byte[] Content, string Tag)> _read = new(() => Read(name));

        public string Type => type;

        public byte[] Content => _read.Value.Content;

        public string Tag => _read.Value.Tag;

        private static (byte[] Content, string Tag) Read(string name)
        {
            using var stream = typeof(PageEndpoint).Assembly.GetManifestResourceStream($"Gateway.Admin.Page.{name}")!;
            var content = new byte[stream.Length];
            stream.ReadExactly(content);
            return (content, $"\"{Convert.ToHexStringLower(SHA256.HashData(content).AsSpan(0, 8))}\"");
        }
    }
}
