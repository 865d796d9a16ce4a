using Gateway.Http.Messages;
using Gateway.Tcp.AccessLogs;
using Gateway.Tcp.Telemetry;
using Yarp.ReverseProxy.Model;

namespace Gateway.Http.Requests;

/// <summary>A request as the source of an access-log line with chosen fields.</summary>
/// <param name="Record">The request.</param>
/// <param name="Happened">The event.</param>
/// <param name="Failure">The fields <c>error</c> and <c>detail</c>; they are of the end.</param>
internal readonly record struct HttpAccessSource(RequestRecord Record, AccessEvent Happened, (string Error, string? Detail) Failure)
    : IAccessSource
{
    private IReverseProxyFeature? Proxy => Record.Context.Features.Find<IReverseProxyFeature>();

    private HttpRequest Request => Record.Context.Request;

    /// <inheritdoc/>
    public object? Read(AccessField field) => field.Kind switch
    {
        AccessFieldKind.Client => Record.Client.Client,
        AccessFieldKind.Hop => Record.Connection.Client,
        AccessFieldKind.Peer => Record.Connection.Peer,
        AccessFieldKind.Listener => Record.Listener,
        AccessFieldKind.Route => LogText.Value(Proxy?.Route.Config.RouteId),
        AccessFieldKind.Cluster => LogText.Value(Proxy?.Cluster.Config.ClusterId),
        AccessFieldKind.Destination => LogText.Value(Proxy?.ProxiedDestination?.DestinationId),
        AccessFieldKind.Mode => Proxy is { } proxy ? LogText.Value(ConnectionRequests.ModeOf(proxy.Cluster.Config.Metadata)) : "-",
        AccessFieldKind.Host => HttpAccessLog.HostOf(Request),
        AccessFieldKind.Received => Record.ReceivedBytes,
        AccessFieldKind.Method => HttpAccessLog.MethodOf(Request),
        AccessFieldKind.Path => HttpAccessLog.PathOf(Record.Context),
        AccessFieldKind.Status => Happened == AccessEvent.End ? Record.Status : null,
        AccessFieldKind.Sent => Record.Sent?.Count ?? 0,
        AccessFieldKind.Duration => Math.Round(Record.Elapsed.TotalMilliseconds, 3),
        AccessFieldKind.Error => Failure.Error,
        AccessFieldKind.Detail => LogText.Value(Failure.Detail),
        AccessFieldKind.Id => Record.Context.Connection.Id,
        AccessFieldKind.FirstByte => Record.ResponseStart is { } began ? Math.Round(began.TotalMilliseconds, 3) : null,
        AccessFieldKind.HttpVersion => LogText.Value(Request.Protocol),
        AccessFieldKind.UserAgent => Header(Request.Headers.UserAgent),
        AccessFieldKind.RequestId => LogText.Value(Record.Context.TraceIdentifier),
        AccessFieldKind.Traceparent => Header(Request.Headers.TraceParent),
        _ => IdentityFields.Read(Record.Connection, field),
    };

    private static string Header(Microsoft.Extensions.Primitives.StringValues value) =>
        LogText.Value(value.Count > 0 ? value.ToString() : null);
}
