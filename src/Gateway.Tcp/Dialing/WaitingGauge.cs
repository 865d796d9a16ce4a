using System.Diagnostics.Metrics;
using Gateway.Tcp.Clusters;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Dialing;

/// <summary>The gauge of connections that wait for a place at a destination.</summary>
internal static class WaitingGauge
{
    /// <summary>Creates the gauge.</summary>
    /// <param name="meters">For the meter <c>Gateway.Tcp</c>.</param>
    /// <param name="clusters">The clusters of the model in force.</param>
    public static void Create(IMeterFactory meters, Func<IEnumerable<ClusterModel>> clusters) =>
        meters.Create(TcpMeter.Name).CreateObservableGauge(
            "gateway.cluster.waiting",
            () => clusters().Where(static cluster => cluster.Queue.MaxLength > 0)
                .Select(static cluster => new Measurement<int>(cluster.State.Line.Count, TcpMeter.Tag("cluster", cluster.Name))),
            "{connection}",
            "Connections that wait for a place at a destination.");
}
