using Gateway.Tcp.Admission;

namespace Gateway.Http.Listeners;

/// <summary>
/// Holds one listener's current <see cref="HttpListenerModel"/>. A connection takes the model when it is accepted; a reload replaces the
/// model.
/// </summary>
/// <param name="model">The first model.</param>
/// <param name="admission">How the listener admits clients; null: it admits all.</param>
internal sealed class HttpListenerState(HttpListenerModel model, ListenerAdmission? admission)
{
    private volatile ListenerFeature _feature = new(model.Name, model.Kind, model) { Admission = admission };

    /// <summary>The feature for a new connection.</summary>
    public IListenerFeature Current => _feature;

    /// <summary>Connections accepted from now on follow <paramref name="model"/>.</summary>
    public void Update(HttpListenerModel model) =>
        _feature = new ListenerFeature(model.Name, model.Kind, model) { Admission = admission };
}
