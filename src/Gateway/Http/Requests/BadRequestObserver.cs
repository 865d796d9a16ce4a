using System.Diagnostics;
using Gateway.Http.Listeners;
using Gateway.Tcp.Identification;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Http.Requests;

/// <summary>Reports requests that the server answers itself (400, 408, 414, 431 …), before the application sees them.</summary>
internal sealed class BadRequestObserver(HttpRequestReport report) : IObserver<KeyValuePair<string, object?>>
{
    private const string Event = "Microsoft.AspNetCore.Server.Kestrel.BadRequest";

    /// <summary>What a server is to write its events to.</summary>
    public static DiagnosticListener CreateSource(HttpRequestReport report)
    {
        var source = new DiagnosticListener("Gateway.Http");
        // Ends with the source.
        source.Subscribe(new BadRequestObserver(report), static name => name == Event);
        return source;
    }

    /// <inheritdoc/>
    public void OnNext(KeyValuePair<string, object?> value)
    {
        // A request whose body broke its rules is reported when it has ended.
        if (value.Value is IFeatureCollection features
            && features.Get<RequestRecord>() is null
            && features.Get<IBadRequestExceptionFeature>()?.Error is BadHttpRequestException problem
            && features.Get<ConnectionIdentity>() is { } connection
            && features.Get<IListenerFeature>() is { } listener)
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
