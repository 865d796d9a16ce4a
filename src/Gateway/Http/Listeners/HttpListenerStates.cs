using System.Collections.Concurrent;
using Gateway.Tcp.Admission;

namespace Gateway.Http.Listeners;

/// <summary>The states of all HTTP listeners: each holds the model that its new connections follow.</summary>
/// <param name="admissions">How listeners admit clients.</param>
internal sealed class HttpListenerStates(ListenerAdmissions admissions)
{
    private readonly ConcurrentDictionary<(ListenerKind Kind, string Name), HttpListenerState> _states = new();

    /// <summary>
    /// Finds or makes the state of a listener. A server can be set up with the state before the listener's configuration is in force.
    /// </summary>
    /// <param name="name">The listener's name.</param>
    /// <param name="kind">The listener's kind. There is one Probes and one Admin, whatever name is given.</param>
    public HttpListenerState For(string name, ListenerKind kind) =>
        _states.GetOrAdd(KeyOf(kind, name), _ => new HttpListenerState(
            new HttpListenerModel { Name = name, Kind = kind }, kind == ListenerKind.Traffic ? admissions.For(name) : null));

    /// <summary>
    /// Puts the models of a configuration in force for new connections. Open connections keep the model that they started with.
    /// </summary>
    public void Update(IReadOnlyList<HttpListenerModel> models)
    {
        foreach (var model in models)
        {
            For(model.Name, model.Kind).Update(model);
        }
    }

    /// <summary>
    /// Forgets all listeners but these, once a configuration is in force for good: until then a listener that is not in it may stay.
    /// </summary>
    public void Keep(IReadOnlyList<HttpListenerModel> models)
    {
        foreach (var gone in _states.Keys.Except(models.Select(static model => KeyOf(model.Kind, model.Name))))
        {
            _states.TryRemove(gone, out _);
        }
    }

    private static (ListenerKind, string) KeyOf(ListenerKind kind, string name) =>
        (kind, kind == ListenerKind.Traffic ? name.ToUpperInvariant() : string.Empty);
}
