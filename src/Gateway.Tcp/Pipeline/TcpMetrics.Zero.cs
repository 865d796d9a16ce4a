using Gateway.Tcp.Routing;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Pipeline;

/// <content>
/// Adds the series of a configuration with the value zero, because Prometheus's <c>rate()</c> and <c>increase()</c> miss the first event of
/// a series that appears with that event. A new label or reason is added here (or to <see cref="CloseReasons"/>), and nowhere else. Adding
/// zero again changes nothing, so each configuration adds all its series.
/// </content>
internal sealed partial class TcpMetrics
{
    // Two network types times 19 reasons times 500 routes are 19,000 series. With more routes, the series of the orderly ends appear only
    // with their first connection.
    private const int ManyRoutes = 500;


    /// <summary>Adds the series of a model.</summary>
    public void StartAtZero(TcpModel model)
    {
        var routes = 0;
        foreach (var listener in model.Listeners.Values)
        {
            StartAtZero(listener);
            routes += listener.Routes.Count;
        }

        var reasons = CloseReasons.In(routes <= ManyRoutes ? ReasonSeries.Closed : ReasonSeries.Faults);
        foreach (var route in model.Listeners.Values.SelectMany(static listener => listener.Routes))
        {
            StartAtZero(route, reasons);
        }

        foreach (var cluster in model.Clusters.Values)
        {
            foreach (var destination in cluster.Destinations)
            {
                Dials.StartAtZero(cluster.Name, destination.Name);
                _destinationActive.Add(0, TcpMeter.Tag("cluster", cluster.Name), TcpMeter.Tag("destination", destination.Name));
            }
        }
    }

    private void StartAtZero(ListenerModel listener)
    {
        Prologue.StartAtZero(listener.Name, ReasonSeries.RejectedTcp, listener.Policy?.Enforcement, listener.Toa is not null);
        if (listener.Policy is null)
        {
            Prologue.Headers.StartPassedAtZero(listener.Name);
        }

        if (listener.Tls is not null)
        {
            Tls.StartAtZero(listener.Name);
        }

        var name = TcpMeter.Tag("listener", listener.Name);
        _acceptErrors.Add(0, name, TcpMeter.Tag("error.type", "descriptors"));
        _acceptErrors.Add(0, name, TcpMeter.Tag("error.type", "other"));
    }

    private void StartAtZero(RouteModel route, IReadOnlyList<CloseReason> reasons)
    {
        foreach (var labels in (ReadOnlySpan<System.Diagnostics.TagList>)[route.TagsV4, route.TagsV6])
        {
            _opened.Add(0, labels);
            _active.Add(0, labels);
            foreach (var reason in reasons)
            {
                var tags = labels;
                tags.Add("reason", reason.Label());
                _closed.Add(0, tags);
            }
        }

        _received.Add(0, TcpMeter.Tag("route", route.Name));
        _sent.Add(0, TcpMeter.Tag("route", route.Name));
        Dials.StartAtZero(route.Cluster.Name, route.SourceIp);
    }
}
