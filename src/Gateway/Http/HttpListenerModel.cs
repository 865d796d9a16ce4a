using Gateway.Configuration;

namespace Gateway.Http;

/// <summary>How one listener treats HTTP, resolved from configuration. Swapped whole; a connection keeps the one that accepted it.</summary>
internal sealed record HttpListenerModel
{
    /// <summary>The listener's name.</summary>
    public required string Name { get; init; }

    /// <summary>What the listener is for. Defaults to Traffic.</summary>
    public ListenerKind Kind { get; init; }

    /// <summary>The HTTP version that it speaks. Defaults to Http1. Read when the listener is bound.</summary>
    public ListenerHttpVersion HttpVersion { get; init; }

    /// <summary>Limits of the HTTP server. Defaults to <see cref="HttpLimitsConfig"/>'s own. Read when the listener is bound.</summary>
    public HttpLimitsConfig Limits { get; init; } = new();

    /// <summary>Whose X-Forwarded-For is believed. Defaults to nobody's.</summary>
    public ForwardedHeadersModel ForwardedHeaders { get; init; } = ForwardedHeadersModel.None;
}
