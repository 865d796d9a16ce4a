namespace Gateway.Http.Listeners;

/// <summary>
/// The listener that accepted a connection, as a connection feature (HTTP reads it through <c>HttpContext.Features</c>). Traffic, probes
/// and admin are told apart by it and by nothing that a client can write, such as the Host header.
/// </summary>
internal interface IListenerFeature
{
    /// <summary>The listener's key in <c>Listeners</c>; <c>Probes</c> and <c>Admin</c> for these two.</summary>
    string Name { get; }

    /// <summary>What it is for.</summary>
    ListenerKind Kind { get; }

    /// <summary>How it treats HTTP, as it was when the connection was accepted; null if the listener does not speak HTTP.</summary>
    HttpListenerModel? Http { get; }
}
