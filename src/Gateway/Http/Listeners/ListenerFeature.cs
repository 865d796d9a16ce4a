using Gateway.Tcp.Admission;
using Gateway.Tcp.Telemetry;

namespace Gateway.Http.Listeners;

/// <summary>
/// The feature that a listener sets on each connection that it accepts. All connections of one model share one instance, except connections
/// that the listener does not admit.
/// </summary>
internal sealed record ListenerFeature(string Name, ListenerKind Kind, HttpListenerModel? Http) : IListenerFeature
{
    /// <inheritdoc/>
    public ListenerAdmission? Admission { get; init; }

    /// <inheritdoc/>
    public Outcome? Refusal { get; init; }

    /// <inheritdoc/>
    public IListenerFeature Refused(Outcome outcome) => this with { Refusal = outcome };
}
