using System.Collections.Concurrent;

namespace Gateway.Tcp.Admission;

/// <summary>The admission of all listeners, TCP and HTTP. It outlives reloads: a listener that keeps its name keeps its counts.</summary>
/// <param name="time">The clock of the limits on rates.</param>
public sealed class ListenerAdmissions(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, ListenerAdmission> _byName = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// The admission of a listener. A listener can be bound with it before the listener's configuration is in force; until then every
    /// client is admitted.
    /// </summary>
    public ListenerAdmission For(string listener) => _byName.GetOrAdd(listener, _ => new ListenerAdmission(time));

    /// <summary>The admission of each listener, by name.</summary>
    internal IEnumerable<KeyValuePair<string, ListenerAdmission>> All => _byName;

    /// <summary>Puts the rules of a configuration in force, also for live connections that carry further requests.</summary>
    /// <param name="rules">The rules of every listener; null for a listener without any.</param>
    public void Update(IReadOnlyDictionary<string, AdmissionRules?> rules)
    {
        ArgumentNullException.ThrowIfNull(rules);
        foreach (var (listener, rule) in rules)
        {
            For(listener).Rules = rule;
        }
    }

    /// <summary>
    /// Forgets all listeners but these, once a configuration is in force for good: until then a listener that is not in it may stay.
    /// </summary>
    /// <param name="listeners">The names of the listeners.</param>
    public void Keep(IEnumerable<string> listeners)
    {
        foreach (var gone in _byName.Keys.Except(listeners, StringComparer.OrdinalIgnoreCase))
        {
            _byName.TryRemove(gone, out _);
        }
    }
}
