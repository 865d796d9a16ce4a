using System.Buffers;
using System.Net;
using Gateway.ProxyProtocol;
using Gateway.Tcp.Clusters;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Relaying;
using Gateway.Tcp.Routing;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Pipeline;

/// <summary>
/// One accepted connection from accept to account: what the steps of the pipeline leave for each other, and what the access log and the metrics are
/// written from. Also its entry in <see cref="LiveConnections"/>.
/// </summary>
internal sealed class ConnectionRecord(long id, TcpConnection client, ListenerState listener, long acceptedAt)
{
    private byte[]? _prefetch;
    private TcpConnection? _backend;
    private int _prefetchStart;
    private int _prefetchLength;
    private int _holdsPlace;

    public long Id => id;

    public TcpConnection Client => client;

    public ListenerState Listener => listener;

    /// <summary>Timestamp of accept.</summary>
    public long AcceptedAt => acceptedAt;

    /// <summary>The listener's policy and routes as they were at accept.</summary>
    public ListenerModel? Model { get; set; }

    public ConnectionIdentity? Identity { get; set; }

    public RouteModel? Route { get; set; }

    /// <summary>
    /// The backend's connection; from any thread. Written with a full fence: who sets it and then sees that the client's is not aborted knows that whoever aborts that one
    /// will see this.
    /// </summary>
    public TcpConnection? Backend
    {
        get => Volatile.Read(ref _backend);
        set => Interlocked.Exchange(ref _backend, value);
    }

    public DestinationModel? Destination { get; set; }

    /// <summary>Our end of the connection to an original destination, as long as <see cref="OwnConnections"/> knows it.</summary>
    public IPEndPoint? OwnSource { get; set; }

    /// <summary>Whether a PROXY header came, of whatever kind.</summary>
    public bool HasHeader { get; set; }

    /// <summary>Whether the client is known to have sent what nobody was there to read.</summary>
    public bool HasSpoken { get; set; }

    /// <summary>
    /// Whether nothing has come from its client but a PROXY header, and nothing gone there but a greeting: it may be nobody's. From any thread; who speaks at this moment may still be taken for
    /// silent.
    /// </summary>
    public bool IsSilent => Volatile.Read(ref _holdsPlace) != 0 && !HasSpoken && _prefetchLength == 0 && BytesToBackend == 0
        && Client.Relayed is { ToBackend: 0, ToClient: <= ConnectionPipeline.LongestGreetingBytes };

    /// <summary>It has a place under the limit.</summary>
    public void TakePlace() => Volatile.Write(ref _holdsPlace, 1);

    /// <summary>Gives its place up; false if it has none (any more). Whoever is told so, once, gives it back.</summary>
    public bool TryGiveUpPlace() => Interlocked.Exchange(ref _holdsPlace, 0) != 0;

    /// <summary>Whether the backend gets a PROXY header.</summary>
    public bool SendsHeader { get; set; }

    public CloseReason Reason { get; set; }

    /// <summary>With ProxyProtocol and Toa: which rule of the policy.</summary>
    public IdentificationRefusal Refusal { get; set; }

    /// <summary>What became of a dial that failed, or of its failed attempts; null: none did.</summary>
    public string? FailedDial { get; set; }

    /// <summary>With ProxyProtocol: what the parser found.</summary>
    public ProxyParseError ParseError { get; set; }

    /// <summary>Put in front of the backend; null: the first bytes are known.</summary>
    public FirstBytesGuard? Guard { get; set; }

    /// <summary>What the guard's refusal is called.</summary>
    public IdentificationRefusal GuardAs { get; set; }

    /// <summary>Payload from the client that the backend's kernel took.</summary>
    public long BytesToBackend { get; set; }

    /// <summary>Payload from the backend that the client's kernel took.</summary>
    public long BytesToClient { get; set; }

    /// <summary>What of the bytes is in the metrics already; changed under a lock on the record.</summary>
    public RelayedBytes Counted { get; set; }

    /// <summary>Whether it counts as opened: routed, with an address to dial.</summary>
    public bool IsOpened { get; set; }

    /// <summary>Payload that was read with the header and not sent on yet.</summary>
    public ReadOnlyMemory<byte> Prefetch => _prefetch.AsMemory(_prefetchStart, _prefetchLength);

    // The intrusive list of LiveConnections.
    internal ConnectionRecord? Next { get; set; }

    internal ConnectionRecord? Previous { get; set; }

    /// <summary>Takes a pooled buffer over.</summary>
    public void KeepPrefetch(byte[] buffer, int start, int length) => (_prefetch, _prefetchStart, _prefetchLength) = (buffer, start, length);

    /// <summary>Gives the buffer back; idle connections hold none.</summary>
    public void DropPrefetch()
    {
        if (_prefetch is { } buffer)
        {
            (_prefetch, _prefetchStart, _prefetchLength) = (null, 0, 0);
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
