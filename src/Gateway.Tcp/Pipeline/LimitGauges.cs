using System.Diagnostics.Metrics;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Clusters;
using Gateway.Tcp.Routing;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Pipeline;

/// <summary>
/// The gauges of limits on connections, and of the connections that count against them: of listeners, routes and destinations that have
/// MaxConnections. They are read at a scrape, and cost nothing in between.
/// </summary>
internal static class LimitGauges
{
    private const string Unit = "{connection}";

    /// <summary>Creates the gauges.</summary>
    /// <param name="meters">For the meter <c>Gateway.Tcp</c>.</param>
    /// <param name="model">The model in force.</param>
    /// <param name="admissions">The limits of listeners, TCP and HTTP; null: there are none.</param>
    public static void Create(IMeterFactory meters, Func<TcpModel> model, ListenerAdmissions? admissions)
    {
        var meter = meters.Create(TcpMeter.Name);
        meter.CreateObservableGauge(
            "gateway.listener.connection.limit",
            () => Listeners(admissions).Select(static of => Measure(of.Most, of.Name)),
            Unit,
            "MaxConnections of a listener.");
        meter.CreateObservableGauge(
            "gateway.listener.connection.count",
            () => Listeners(admissions).Select(static of => Measure(of.Count, of.Name)),
            Unit,
            "Connections that count against MaxConnections of a listener.");
        meter.CreateObservableGauge(
            "gateway.route.connection.limit",
            () => Routes(model()).Select(static route => Measure(route.MaxConnections!.Value, route)),
            Unit,
            "MaxConnections of a TCP route.");
        meter.CreateObservableGauge(
            "gateway.route.connection.count",
            () => Routes(model()).Select(static route => Measure(route.Connections.Count, route)),
            Unit,
            "Connections that count against MaxConnections of a TCP route.");
        meter.CreateObservableGauge(
            "gateway.destination.connection.limit",
            () => model().Clusters.Values.SelectMany(Destinations),
            Unit,
            "MaxConnections of a destination.");
    }

    private static IEnumerable<(string Name, int Most, int Count)> Listeners(ListenerAdmissions? admissions) =>
        from entry in admissions?.All ?? []
        let most = entry.Value.Rules?.MaxConnections
        where most is not null
        select (entry.Key, most.Value, entry.Value.Connections);

    private static IEnumerable<RouteModel> Routes(TcpModel model) =>
        model.Listeners.Values.SelectMany(static listener => listener.Routes).Where(static route => route.MaxConnections is not null);

    private static IEnumerable<Measurement<int>> Destinations(ClusterModel cluster) =>
        from destination in cluster.Destinations
        let most = destination.MaxConnections
        where most is not null
        select new Measurement<int>(
            most.Value, TcpMeter.Tag("cluster", cluster.Name), TcpMeter.Tag("destination", destination.Name));

    private static Measurement<int> Measure(int value, string listener) => new(value, TcpMeter.Tag("listener", listener));

    private static Measurement<int> Measure(int value, RouteModel route) =>
        new(value, TcpMeter.Tag("listener", route.Listener), TcpMeter.Tag("route", route.Name));
}
