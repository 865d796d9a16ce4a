using System.Net;
using Gateway.Http.Messages;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Transforms;

namespace Gateway.Http.Requests;

/// <summary>
/// Sends the request target byte for byte, except for changes by the route's own transforms. YARP would encode the decoded path again, and
/// <see cref="Uri"/> would normalize the result. This transform runs last.
/// </summary>
/// <param name="setsPath">Whether a transform replaces the client's path by its own path.</param>
/// <param name="changesQuery">Whether a transform changes the query.</param>
internal sealed class TargetTransform(bool setsPath, bool changesQuery) : RequestTransform
{
    private static readonly UriCreationOptions AsWritten = new() { DangerousDisablePathAndQueryCanonicalization = true };

    /// <inheritdoc/>
    public override ValueTask ApplyAsync(RequestTransformContext context)
    {
        var request = context.HttpContext.Request;
        var raw = RawTarget.PathOf(context.HttpContext.Features.Find<IHttpRequestFeature>()!.RawTarget);
        if (raw.IsEmpty)
        {
            SendAsterisk(context);
            return default;
        }

        raw = RawTarget.WithoutDotSegments(raw);
        var path = context.Path.Value ?? "";
        var isChanged = !ReferenceEquals(path, request.Path.Value);
        if (isChanged)
        {
            raw = setsPath ? RawTarget.Encode(path) : RawTarget.Follow(path, request.Path.Value ?? "", raw);
        }

        var query = request.QueryString.Value ?? "";
        query = changesQuery ? RawQuery.Follow(query, request.Query, context.Query.Collection) : query;
        context.ProxyRequest.RequestUri = new Uri(Join(context.DestinationPrefix, RawTarget.Carry(raw), RawTarget.Carry(query)), AsWritten);
        return default;
    }

    /// <summary>Sends <c>*</c>, the only target without a path that <see cref="RequestRules"/> does not refuse.</summary>
    private static void SendAsterisk(RequestTransformContext context)
    {
        var request = context.ProxyRequest;
        if (request.Version.Major < 2 || request.VersionPolicy == HttpVersionPolicy.RequestVersionOrLower)
        {
            request.RequestUri = AsteriskTarget.For(context.DestinationPrefix);
            (request.Version, request.VersionPolicy) = (HttpVersion.Version11, HttpVersionPolicy.RequestVersionExact);
        }
    }

    private static string Join(string destination, ReadOnlySpan<char> path, ReadOnlySpan<char> query)
    {
        // An address in the configuration may need encoding; the host name, too.
        ReadOnlySpan<char> prefix =
            destination.AsSpan().IndexOfAnyExceptInRange('!', '~') < 0 ? destination : new Uri(destination).AbsoluteUri;
        return string.Concat(prefix.EndsWith('/') && path.StartsWith('/') ? prefix[..^1] : prefix, path, query);
    }
}
