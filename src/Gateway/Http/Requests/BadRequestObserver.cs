using System.Diagnostics;
using Gateway.Http.Listeners;
using Gateway.Http.Messages;
using Gateway.Tcp.Identification;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Http.Requests;

/// <summary>Reports requests that the server answers itself (400, 408, 414, 431 …), before the application sees them.</summary>
internal sealed class BadRequestObserver(HttpRequestReport report) : IObserver<KeyValuePair<string, object?>>
{
    private const string Event = "Microsoft.AspNetCore.Server.Kestrel.BadRequest";

    /// <summary>Creates the source that a server writes its events to, and observes it.</summary>
    public static DiagnosticListener CreateSource(HttpRequestReport report)
    {
        var source = new DiagnosticListener("Gateway.Http");
        // The subscription needs no Dispose, because it ends with the source.
        source.Subscribe(new BadRequestObserver(report), static name => name == Event);
        return source;
    }

    /// <inheritdoc/>
    public void OnNext(KeyValuePair<string, object?> value)
    {
        // A request that reached the application has a record, which is reported when the request ends.
        if (value.Value is IFeatureCollection features
            && features.Find<RequestRecord>() is null
            && features.Find<IBadRequestExceptionFeature>()?.Error is BadHttpRequestException problem
            && features.Find<ConnectionIdentity>() is { } connection
            && features.Find<IListenerFeature>() is { } listener)
        {
            report.Refused(connection, listener.Name, problem);
        }
    }

    /// <inheritdoc/>
    public void OnError(Exception error)
    {
    }

    /// <inheritdoc/>
    public void OnCompleted()
    {
    }
}
