using System.Globalization;
using Gateway.Configuration;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Gateway.Http.Listeners;

/// <summary>
/// How large a request's line and headers may be. In HTTP/1.1 the server itself answers what is larger (414, 431) and ends the connection,
/// on which there is nobody else. In HTTP/2 it would end everybody's as soon as one request has twice as much; there it gets <see
/// cref="Http2Factor"/> times the limits, and a request is measured when it is whole and answered alone. A server of both versions has one
/// set of limits, and gets those of HTTP/2.
/// </summary>
internal sealed record HeaderLimits
{
    /// <summary>
    /// What HTTP/2's headers are decoded up to, at most: beyond it (twice, in the server) the connection ends, since nothing else bounds
    /// what one block of headers costs.
    /// </summary>
    private const int Http2Factor = 8;

    private readonly HttpLimitsConfig _limits;

    private HeaderLimits(HttpLimitsConfig limits) => _limits = limits;

    /// <summary>Those that a listener's configuration asks for.</summary>
    public static HeaderLimits Of(HttpLimitsConfig limits) => new(limits);

    /// <summary>Sets a server up for them.</summary>
    /// <param name="kestrel">The server.</param>
    /// <param name="version">Its HTTP version; null: both.</param>
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
            // The server does not start otherwise.
            limits.MaxRequestBufferSize = Math.Max(buffer, Math.Max(limits.MaxRequestHeadersTotalSize, limits.MaxRequestLineSize));
        }
    }

    /// <summary>
    /// What of a request that the server does not measure is too large: the status of the answer, and in words; null: nothing.
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
