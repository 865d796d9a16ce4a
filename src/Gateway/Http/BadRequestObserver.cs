using System.Diagnostics;
using Gateway.Tcp.Identification;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Http;

/// <summary>Tells the access log of requests that the server answers itself (400, 408, 414, 431 …), before the application sees them.</summary>
internal sealed class BadRequestObserver(HttpAccessLog log) : IObserver<KeyValuePair<string, object?>>
{
    private const string Event = "Microsoft.AspNetCore.Server.Kestrel.BadRequest";

    /// <summary>What a server is to write its events to.</summary>
    public static DiagnosticListener CreateSource(HttpAccessLog log)
    {
        var source = new DiagnosticListener("Gateway.Http");
        // Ends with the source.
        source.Subscribe(new BadRequestObserver(log), static name => name == Event);
        return source;
    }

    /// <inheritdoc/>
    public void OnNext(KeyValuePair<string, object?> value)
    {
        // A request whose body broke its rules has a line of its own already.
        if (value.Value is IFeatureCollection features
            && features.Get<IHttpResponseBodyFeature>() is not SentBytes
            && features.Get<IBadRequestExceptionFeature>()?.Error is BadHttpRequestException problem
            && features.Get<ConnectionIdentity>() is { } connection
            && features.Get<IListenerFeature>() is { } listener)
        {
            log.WriteBadRequest(connection.Peer, listener.Name, problem);
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
