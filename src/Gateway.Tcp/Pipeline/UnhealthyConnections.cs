using System.Net;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Clusters;
using Gateway.Tcp.Telemetry;
using Microsoft.Extensions.Logging;

namespace Gateway.Tcp.Pipeline;

/// <summary>
/// Ends the live connections to an address that active checks have taken out of use. It looks at every live connection, on the thread of
/// the check, so connections cost nothing until then.
/// </summary>
internal sealed partial class UnhealthyConnections(LiveConnections live, ILoggerFactory loggers)
{
    private readonly ILogger _logger = loggers.CreateLogger<UnhealthyConnections>();

    /// <summary>Ends the connections to an address of a destination.</summary>
    /// <param name="cluster">The cluster's name, for the log.</param>
    /// <param name="destination">The destination. Its connections have its state, whatever model they began with.</param>
    /// <param name="address">The address.</param>
    public void Close(string cluster, DestinationModel destination, IPEndPoint address)
    {
        var count = 0;
        foreach (var connection in live.Snapshot())
        {
            if (connection is ConnectionRecord { Destination: { } reached, Backend: { } backend } record
                && ReferenceEquals(reached.State, destination.State) && backend.RemoteEndPoint.Equals(address))
            {
                record.Abort(CloseReason.Unhealthy);
                count++;
            }
        }

        if (count > 0)
        {
            Log.Closed(_logger, cluster, count, address, destination.Name);
        }
    }

    /// <summary>
    /// Whether an address was taken out of use while a connection to it was opened, and others of the cluster are in use. Then
    /// <see cref="Close"/> did not see the connection. (If none is in use, all are tried on purpose.)
    /// </summary>
    public static bool CameTooLate(ClusterModel cluster, DestinationModel destination, IPEndPoint address) =>
        cluster.ClosesUnhealthy && destination.Health?.IsDown(address) == true && cluster.HasUsable();

    private static partial class Log
    {
        [LoggerMessage(
            2063,
            LogLevel.Information,
            "Cluster {Cluster}: {Count} connections to {Address} of destination {Destination} end, its health checks fail"
        )]
        public static partial void Closed(ILogger logger, string cluster, int count, IPEndPoint address, string destination);
    }
}
