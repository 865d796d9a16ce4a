namespace Gateway.Http.Listeners;

/// <summary>
/// One listener's current <see cref="HttpListenerModel"/>: connections take it when they are accepted, a reload swaps it.
/// </summary>
internal sealed class HttpListenerState(HttpListenerModel model)
{
    private volatile ListenerFeature _feature = new(model.Name, model.Kind, model);

    /// <summary>What a new connection gets as its feature.</summary>
    public IListenerFeature Current => _feature;

    /// <summary>Connections accepted from now on follow <paramref name="model"/>.</summary>
    public void Update(HttpListenerModel model) => _feature = new ListenerFeature(model.Name, model.Kind, model);
}
