namespace Gateway.Http.Listeners;

/// <summary>The feature that a listener sets on each connection that it accepts. All connections of one model share one instance.</summary>
internal sealed record ListenerFeature(string Name, ListenerKind Kind, HttpListenerModel? Http) : IListenerFeature;
