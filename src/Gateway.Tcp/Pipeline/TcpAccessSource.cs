using Gateway.Tcp.AccessLogs;
using Gateway.Tcp.Relaying;

namespace Gateway.Tcp.Pipeline;

/// <summary>A TCP connection as the source of an access-log line with chosen fields.</summary>
/// <param name="Record">The connection.</param>
/// <param name="Happened">The event.</param>
/// <param name="Duration">The time since accept.</param>
/// <param name="Time">The clock of the record.</param>
internal readonly record struct TcpAccessSource(ConnectionRecord Record, AccessEvent Happened, TimeSpan Duration, TimeProvider Time)
    : IAccessSource
{
    // At the end of the relay its bytes move into the record, while the thread of the interval lines may look at both.
    private RelayedBytes Bytes => Happened == AccessEvent.End
        ? new RelayedBytes(Record.BytesToBackend, Record.BytesToClient)
        : new RelayedBytes(Record.BytesAtOnce + Record.Client.Relayed.ToBackend, Record.Client.Relayed.ToClient);

    /// <inheritdoc/>
    public object? Read(AccessField field) => field.Kind switch
    {
        AccessFieldKind.Client => Record.Identity?.Client ?? Record.Peer,
        AccessFieldKind.Peer => Record.Peer,
        AccessFieldKind.Listener => Record.Listener.Name,
        AccessFieldKind.Route => Record.Route?.Name ?? "-",
        AccessFieldKind.Cluster => Record.Route?.Cluster.Name ?? "-",
        AccessFieldKind.Destination => Record.Destination?.Name ?? "-",
        AccessFieldKind.Mode => Record.PassedBy?.ToString() ?? "-",
        AccessFieldKind.Received => Bytes.ToBackend,
        AccessFieldKind.Sent => Bytes.ToClient,
        AccessFieldKind.Duration => Milliseconds(Duration),
        AccessFieldKind.Reason => Happened == AccessEvent.End ? Record.Outcome.Label : "-",
        AccessFieldKind.Detail => AccessLog.DetailOf(Record),
        AccessFieldKind.Id => Telemetry.ConnectionIds.Of(Record.Id),
        AccessFieldKind.Connect or AccessFieldKind.Connected when Record.ConnectedAt == 0 => null,
        AccessFieldKind.Connect => Milliseconds(Record.ConnectTime),
        AccessFieldKind.Connected => Milliseconds(Time.GetElapsedTime(Record.AcceptedAt, Record.ConnectedAt)),
        AccessFieldKind.FirstByte => Record.ReadFirstByte(Time) is { } firstByte ? Milliseconds(firstByte) : null,
        AccessFieldKind.Backend => Record.Backend?.RemoteEndPoint,
        AccessFieldKind.BackendLocal => Record.BackendLocal,
        _ => IdentityFields.Read(Record.Identity, field),
    };

    private static double Milliseconds(TimeSpan time) => Math.Round(time.TotalMilliseconds, 3);
}
