using Gateway.Http.Messages;
using Microsoft.Extensions.Primitives;
using Yarp.ReverseProxy.Transforms;

namespace Gateway.Http.Requests;

/// <summary>
/// Headers that a route makes of its route values (<c>RequestHeaderRouteValue</c>): these are decoded text, and go out as UTF-8. What a
/// client sent under the name is bytes already.
/// </summary>
internal sealed class RouteValueText : RequestTransform
{
    private const string Key = "RequestHeaderRouteValue";

    private readonly (string Header, string Value)[] _headers;

    private RouteValueText((string Header, string Value)[] headers) => _headers = headers;

    /// <summary>What a route with these transforms needs; null: nothing.</summary>
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
            // It is the last, behind what it was appended to.
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
