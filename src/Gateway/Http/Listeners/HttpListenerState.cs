namespace Gateway.Http.Listeners;

/// <summary>
/// Holds one listener's current <see cref="HttpListenerModel"/>. A connection takes the model when it is accepted; a reload replaces the
/// model.
/// </summary>
internal sealed class HttpListenerState(HttpListenerModel model)
{
    private volatile ListenerFeature _feature = new(model.Name, model.Kind, model);

    /// <summary>The feature for a new connection.</summary>
    public IListenerFeature Current => _feature;

    /// <summary>Connections accepted from now on follow <paramref name="model"/>.</summary>
    public void Update(HttpListenerModel model) => _feature = new ListenerFeature(model.Name, model.Kind, model);
}
