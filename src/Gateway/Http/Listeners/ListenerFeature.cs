namespace Gateway.Http.Listeners;

/// <summary>The feature that an accepting listener sets; one instance serves all connections of one model.</summary>
internal sealed record ListenerFeature(string Name, ListenerKind Kind, HttpListenerModel? Http) : IListenerFeature;
