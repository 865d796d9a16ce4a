using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Whoami;

/// <summary>The answer of the HTTP backend to one request.</summary>
internal static partial class WhoamiHttpAnswer
{
    /// <summary>Answers a request.</summary>
    public static Task WriteAsync(HttpContext context)
    {
        var accept = context.Request.Headers.Accept.ToString();
        return accept.Contains("application/json", StringComparison.OrdinalIgnoreCase)
            ? context.Response.WriteAsJsonAsync(Describe(context), Json.Default.Answer, cancellationToken: context.RequestAborted)
            : context.Response.WriteAsync(Format(Describe(context)), context.RequestAborted);
    }

    private static Answer Describe(HttpContext context)
    {
        var request = context.Request;
        return new Answer(
            Format(context.Connection.RemoteIpAddress, context.Connection.RemotePort),
            Format(context.Connection.LocalIpAddress, context.Connection.LocalPort),
            request.Method,
            request.PathBase + request.Path + request.QueryString,
            request.Protocol,
            request.Host.Value ?? "",
            Join(request, "X-Forwarded-For"),
            Join(request, "X-Real-IP"),
            Join(request, "Forwarded"),
            request.Headers.ToDictionary(header => header.Key, header => header.Value.Select(value => value ?? "").ToArray()));
    }

    private static string Format(Answer answer)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{answer.Method} {answer.Path} {answer.Protocol}\n");
        Line("peer", answer.Peer);
        Line("X-Forwarded-For", answer.XForwardedFor ?? "-");
        Line("X-Real-IP", answer.XRealIp ?? "-");
        Line("Forwarded", answer.Forwarded ?? "-");
        Line("Host", answer.Host);
        text.Append("headers:\n");
        foreach (var (name, values) in answer.Headers.OrderBy(header => header.Key, StringComparer.OrdinalIgnoreCase))
        {
            foreach (var value in values)
            {
                text.Append(CultureInfo.InvariantCulture, $"  {name}: {value}\n");
            }
        }

        return text.ToString();

        void Line(string name, string value) => text.Append(CultureInfo.InvariantCulture, $"{name + ":",-17}{value}\n");
    }

    private static string? Join(HttpRequest request, string name) =>
        request.Headers.TryGetValue(name, out var values) ? string.Join(", ", values.ToArray()) : null;

    private static string Format(IPAddress? address, int port)
    {
        if (address is null)
        {
            return "-";
        }

        return new IPEndPoint(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, port).ToString();
    }

    /// <summary>One answer in its JSON form. A missing header is null; several headers of one name are joined with a comma.</summary>
    internal sealed record Answer(
        string Peer,
        string Local,
        string Method,
        string Path,
        string Protocol,
        string Host,
        string? XForwardedFor,
        string? XRealIp,
        string? Forwarded,
        IReadOnlyDictionary<string, string[]> Headers);

    [JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true)]
    [JsonSerializable(typeof(Answer))]
    private sealed partial class Json : JsonSerializerContext;
}
