using Gateway.Tcp.Admission;
using Gateway.Tcp.Balancing;
using Gateway.Tcp.Clusters;
using Gateway.Tcp.Health;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Pipeline;

/// <summary>Tells passive health checks whether a connection that ended had got an answer from its destination.</summary>
internal sealed class AnswerVerdicts(PassiveHealth passive, LiveConnections live)
{
    /// <summary>Notes the end of a connection.</summary>
    /// <param name="record">The connection, with its final outcome.</param>
    /// <param name="duration">Since its accept.</param>
    public void Ended(ConnectionRecord record, TimeSpan duration)
    {
        if (record is not { Destination: { } destination, Load: { } load, Identity: not null, Route.Cluster: { } cluster })
        {
            return;
        }

        if (record.BytesToClient > 0)
        {
            PassiveHealth.Answered(destination, load as AddressState);
        }
        else if (WasResetEarly(record, cluster, duration))
        {
            NoteReset(record, cluster, destination, load);
        }
    }

    // A method of its own, because otherwise the end of every connection would allocate what the lambda captures.
    private void NoteReset(ConnectionRecord record, ClusterModel cluster, DestinationModel destination, Load load) => passive.ResetEarly(
        cluster,
        destination,
        load as AddressState,
        record.Identity!.Client.Address,
        record.AcceptedAt,
        since => HasAnswered(load, since));

    // A server may reset a client that has been silent for too long: that is the client's doing.
    private static bool WasResetEarly(ConnectionRecord record, ClusterModel cluster, TimeSpan duration) => record.Outcome.Reason switch
    {
        CloseReason.BackendReset => record.BytesToBackend > 0 || duration < cluster.ConnectTimeout,
        CloseReason.BackendSendFailed => true,
        _ => false,
    };

    private bool HasAnswered(object load, long since) => live.Snapshot().Any(connection =>
        connection is ConnectionRecord record && ReferenceEquals(record.Load, load) && record.AcceptedAt >= since
        && record.Client.Relayed.ToClient > 0);
}
