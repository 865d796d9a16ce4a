using System.Net;
using Gateway.Http.Backends.Exchange;
using Gateway.Http.Messages;
using Gateway.Tcp.Telemetry;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using Yarp.ReverseProxy.Transforms;

namespace Gateway.Http.Requests;

/// <summary>
/// The rules of RFC 9110 for a proxy's responses. 204 has no Content-Length and 205 no content, because the server would otherwise miss a
/// body and treat the response as cut off. A 101 to a request without an upgrade becomes 502. Headers that Connection nominates are
/// removed.
/// </summary>
internal sealed class ResponseRules : ResponseTransform
{
    /// <inheritdoc/>
    public override ValueTask ApplyAsync(ResponseTransformContext context)
    {
        if (context.ProxyResponse is not { } response)
        {
            return default;
        }

        var client = context.HttpContext.Response;
        switch (response.StatusCode)
        {
            case HttpStatusCode.NoContent:
                client.ContentLength = null;
                break;
            case HttpStatusCode.ResetContent:
                client.ContentLength = 0;
                context.SuppressResponseBody = true;
                break;
            case HttpStatusCode.SwitchingProtocols when !MayUpgrade(context.HttpContext):
                client.Clear();
                client.StatusCode = StatusCodes.Status502BadGateway;
                context.HttpContext.Features.Put(
                    new RequestRefusal(
                        CloseReason.BackendAnswerInvalid,
                        "Upgrade",
                        "the destination answers 101 to a request that asks for no upgrade"));
                context.SuppressResponseBody = true;
                return default;
        }

        if (response.Headers.NonValidated.TryGetValues(HeaderNames.Connection, out var connection))
        {
            foreach (var name in ConnectionOptions.Of(new StringValues([.. connection])))
            {
                if (!name.Equals(HeaderNames.ContentLength, StringComparison.OrdinalIgnoreCase))
                {
                    client.Headers.Remove(name);
                }
            }
        }

        return default;
    }

    private static bool MayUpgrade(HttpContext context) =>
        context.Features.Find<IHttpUpgradeFeature>() is { IsUpgradableRequest: true }
        || context.Features.Find<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true };
}
