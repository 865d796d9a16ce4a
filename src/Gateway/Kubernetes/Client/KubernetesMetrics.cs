using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Gateway.Observability;

namespace Gateway.Kubernetes.Client;

/// <summary>Metrics of what the gateway reads from the API server. A process that reads nothing from it has no series.</summary>
internal sealed class KubernetesMetrics
{
    private readonly ConcurrentDictionary<ReflectorState, Func<int>> _reflectors = [];
    private readonly Counter<long> _failures;
    private readonly Counter<long> _lists;
    private readonly Counter<long> _events;

    /// <summary>Makes the instruments.</summary>
    public KubernetesMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(ConfigMetrics.MeterName);
        meter.CreateObservableGauge(
            "gateway.kubernetes.state_age",
            () => Measure(static states => states.Max(static state => state.Key.Age.TotalSeconds)),
            "s",
            "How old the known state of the API server may be: 0 while all watches are open, otherwise the time since its last answer.");
        meter.CreateObservableGauge(
            "gateway.kubernetes.objects",
            () => Measure(static states => states.Sum(static state => state.Value())),
            "{object}",
            "Objects of the API server that are known.");
        _failures = meter.CreateCounter<long>(
            "gateway.kubernetes.failures", "{failure}", "Lists and watches that failed. Each is tried again.");
        _lists = meter.CreateCounter<long>("gateway.kubernetes.lists", "{list}", "Lists that were read as a whole.");
        _events = meter.CreateCounter<long>("gateway.kubernetes.events", "{event}", "Events of watches, bookmarks included.");
    }

    /// <summary>Reports a reflector from now on.</summary>
    public void Add(ReflectorState state, Func<int> count)
    {
        _reflectors[state] = count;
        var resource = new KeyValuePair<string, object?>("resource", state.Resource);
        // The series exist from the start, because rate() needs a series before its first event.
        _failures.Add(0, resource);
        _lists.Add(0, resource);
        _events.Add(0, resource);
    }

    /// <summary>Reports a reflector no more.</summary>
    public void Remove(ReflectorState state) => _reflectors.TryRemove(state, out _);

    /// <summary>A list or a watch failed.</summary>
    public void Failed(string resource) => _failures.Add(1, new KeyValuePair<string, object?>("resource", resource));

    /// <summary>A list was read.</summary>
    public void Listed(string resource) => _lists.Add(1, new KeyValuePair<string, object?>("resource", resource));

    /// <summary>An event was read.</summary>
    public void Received(string resource) => _events.Add(1, new KeyValuePair<string, object?>("resource", resource));

    private IEnumerable<Measurement<double>> Measure(Func<IEnumerable<KeyValuePair<ReflectorState, Func<int>>>, double> read) =>
        from reflector in _reflectors
        group reflector by reflector.Key.Resource into states
        select new Measurement<double>(read(states), new KeyValuePair<string, object?>("resource", states.Key));
}
