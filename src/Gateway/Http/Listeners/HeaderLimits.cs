using System.Globalization;
using Gateway.Configuration;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Gateway.Http.Listeners;

/// <summary>
/// The limits on the size of a request's line and headers. In HTTP/1.1 the server itself answers a larger request (414, 431) and ends the
/// connection, which carries no other request. In HTTP/2 the server would end the connection with all its streams as soon as one request is
/// larger than twice the limit. So for HTTP/2 the server gets <see cref="Http2Factor"/> times the limits, and the gateway measures each
/// complete request and answers only that one. A server of both versions has one set of limits, and gets those of HTTP/2.
/// </summary>
internal sealed record HeaderLimits
{
    /// <summary>
    /// How many times the limits the server decodes in HTTP/2. Beyond this (twice, in the server) the connection ends, because nothing else
    /// bounds the cost of one block of headers.
    /// </summary>
    private const int Http2Factor = 8;

    private readonly HttpLimitsConfig _limits;

    private HeaderLimits(HttpLimitsConfig limits) => _limits = limits;

    /// <summary>The limits of a listener's configuration.</summary>
    public static HeaderLimits Of(HttpLimitsConfig limits) => new(limits);

    /// <summary>Sets the limits on a server.</summary>
    /// <param name="kestrel">The options of the server.</param>
    /// <param name="version">The server's HTTP version; null: both.</param>
    public void Set(KestrelServerOptions kestrel, ListenerHttpVersion? version)
    {
        var limits = kestrel.Limits;
        var isHttp2 = version != ListenerHttpVersion.Http1;
        var factor = isHttp2 ? Http2Factor : 1;
        limits.MaxRequestHeaderCount = _limits.MaxRequestHeaderCount * factor;
        limits.MaxRequestHeadersTotalSize = _limits.MaxRequestHeadersBytes * factor;
        limits.MaxRequestLineSize = isHttp2 ? limits.MaxRequestHeadersTotalSize : _limits.MaxRequestLineBytes;
        limits.Http2.MaxRequestHeaderFieldSize = limits.MaxRequestHeadersTotalSize;
        if (limits.MaxRequestBufferSize is { } buffer)
        {
            // The server does not start if its request buffer is smaller than these limits.
            limits.MaxRequestBufferSize = Math.Max(buffer, Math.Max(limits.MaxRequestHeadersTotalSize, limits.MaxRequestLineSize));
        }
    }

    /// <summary>
    /// Checks a request whose size the server does not limit. The status of the answer, and the part that is too large; null: the request
    /// is within the limits.
    /// </summary>
    public (int Status, string Detail)? Exceeded(HttpRequest request, string target)
    {
        var line = request.Method.Length + target.Length + (request.Host.Value?.Length ?? 0);
        if (line > _limits.MaxRequestLineBytes)
        {
            return TooLarge(
                StatusCodes.Status414UriTooLong,
                $"{line} bytes of method, target and host (MaxRequestLineBytes {_limits.MaxRequestLineBytes})");
        }

        var (count, bytes) = (0, 0L);
        foreach (var (name, values) in request.Headers)
        {
            count += values.Count;
            foreach (var value in values)
            {
                bytes += name.Length + (value?.Length ?? 0);
            }
        }

        const int status = StatusCodes.Status431RequestHeaderFieldsTooLarge;
        return count > _limits.MaxRequestHeaderCount
                ? TooLarge(status, $"{count} headers (MaxRequestHeaderCount {_limits.MaxRequestHeaderCount})")
            : bytes > _limits.MaxRequestHeadersBytes
                ? TooLarge(status, $"{bytes} bytes of headers (MaxRequestHeadersBytes {_limits.MaxRequestHeadersBytes})")
            : null;
    }

    private static (int Status, string Detail) TooLarge(int status, FormattableString detail) =>
        (status, detail.ToString(CultureInfo.InvariantCulture));
}
