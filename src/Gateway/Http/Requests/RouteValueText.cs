using Gateway.Http.Messages;
using Microsoft.Extensions.Primitives;
using Yarp.ReverseProxy.Transforms;

namespace Gateway.Http.Requests;

/// <summary>
/// Converts the headers that a route sets from its route values (<c>RequestHeaderRouteValue</c>) to UTF-8, because route values are decoded
/// text. Values that a client sent under the same name stay unchanged, because they are bytes already.
/// </summary>
internal sealed class RouteValueText : RequestTransform
{
    private const string Key = "RequestHeaderRouteValue";

    private readonly (string Header, string Value)[] _headers;

    private RouteValueText((string Header, string Value)[] headers) => _headers = headers;

    /// <summary>The transform for a route with these transforms; null if the route does not need it.</summary>
    public static RouteValueText? For(IReadOnlyList<IReadOnlyDictionary<string, string>> transforms)
    {
        var headers = new List<(string, string)>();
        foreach (var transform in transforms)
        {
            if (transform.TryGetValue(Key, out var header)
                && (transform.TryGetValue("Set", out var value) || transform.TryGetValue("Append", out value)))
            {
                headers.Add((header, value));
            }
        }

        return headers.Count > 0 ? new RouteValueText([.. headers]) : null;
    }

    /// <inheritdoc/>
    public override ValueTask ApplyAsync(RequestTransformContext context)
    {
        foreach (var (header, key) in _headers)
        {
            // The route value is the last value of the header: YARP sets it alone or appends it to the client's values.
            if (context.HttpContext.Request.RouteValues[key]?.ToString() is { Length: > 0 } text
                && TakeHeader(context, header) is { Count: > 0 } values)
            {
                var written = values.ToArray();
                written[^1] = written[^1] == text ? HeaderBytes.FromText(text) : written[^1];
                AddHeader(context, header, new StringValues(written));
            }
        }

        return default;
    }
}
