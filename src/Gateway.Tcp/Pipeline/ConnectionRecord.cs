using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Balancing;
using Gateway.Tcp.Clusters;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Identification.Tls;
using Gateway.Tcp.Identification.Toa;
using Gateway.Tcp.Prologue;
using Gateway.Tcp.Relaying;
using Gateway.Tcp.Routing;
using Gateway.Tcp.Status;
using Gateway.Tcp.Telemetry;
using Gateway.Tcp.Tls;

namespace Gateway.Tcp.Pipeline;

/// <summary>
/// One accepted connection of an engine. It holds what the steps of the pipeline pass to each other, and the data of the access log and the
/// metrics. It is also the source of bytes for the prologue, so that a connection costs only one object. It holds a pooled buffer only
/// while the buffer contains bytes.
/// </summary>
internal sealed class ConnectionRecord(long id, TcpConnection client, ListenerState listener, long acceptedAt)
    : AcceptedConnection(id, acceptedAt), IFirstBytesGuard
{
    /// <summary>
    /// The longest greeting that a server sends before the client speaks: MySQL's handshake packet, an SMTP banner, SSH's version and key
    /// exchange (1 to 2 KB). More bytes than this are a transfer.
    /// </summary>
    public const int LongestGreetingBytes = 4096;

    // Enough for one header and the first payload of nearly every protocol. 5,000 peers that stop in the middle of a header hold 10 MB.
    private const int FirstBufferBytes = 2048;

    private byte[]? _prefetch;
    private TcpConnection? _backend;
    private int _prefetchStart;
    private int _prefetchLength;

    /// <inheritdoc/>
    public override ConnectionKind? Kind => ConnectionKind.Relayed;

    /// <inheritdoc/>
    public override string ListenerName => listener.Name;

    public TcpConnection Client => client;

    public ListenerState Listener => listener;

    /// <summary>The listener's policy and routes as they were at accept.</summary>
    public ListenerModel? Model { get; set; }

    /// <inheritdoc/>
    public override IPEndPoint Peer => client.RemoteEndPoint;

    /// <inheritdoc/>
    public override ProxyProtocolPolicy? ProxyProtocol => Model?.Policy;

    /// <inheritdoc/>
    public override ToaPolicy? Toa => Model?.Toa;

    /// <inheritdoc/>
    public override ClientHelloPolicy? ClientHello => Model?.ClientHello;

    /// <inheritdoc/>
    public override ListenerAdmission? Admission => listener.Admission;

    /// <inheritdoc/>
    public override bool IsStopped => client.AbortReason is not null;

    /// <inheritdoc/>
    public override bool SeesOptions => client.SeesOptions;

    /// <inheritdoc/>
    public override ReadOnlySequence<byte> Received =>
        _prefetch is { } buffer ? new ReadOnlySequence<byte>(buffer, _prefetchStart, _prefetchLength) : ReadOnlySequence<byte>.Empty;

    /// <summary>Payload that was read from the client and not sent to the backend yet.</summary>
    public ReadOnlyMemory<byte> Prefetch => _prefetch.AsMemory(_prefetchStart, _prefetchLength);

    public RouteModel? Route { get; set; }

    /// <summary>Whether the connection holds one of the route's places.</summary>
    public bool HoldsRoutePlace { get; set; }

    /// <summary>
    /// The backend's connection. May be read and set on any thread. The setter is a full fence: if a thread sets this property and then
    /// sees that the client's connection is not aborted, every later abort of the client's connection sees the new value.
    /// </summary>
    public TcpConnection? Backend
    {
        get => Volatile.Read(ref _backend);
        set => Interlocked.Exchange(ref _backend, value);
    }

    /// <summary>The client's side of the relay: the client's connection, or TLS over that connection.</summary>
    public RelaySide ClientSide { get; set; } = client;

    /// <summary>
    /// The backend's side of the relay, if TLS runs over the backend's connection; null: the connection itself is the side.
    /// </summary>
    public RelaySide? BackendLayer { get; set; }

    /// <summary>What looks at the client's first bytes on their way to the backend, if nothing may stop them.</summary>
    public HeadersAsPayload? HeadersAsPayload { get; set; }

    public DestinationModel? Destination { get; set; }

    /// <summary>What counts the backend's connection; null: there has been none.</summary>
    public Load? Load { get; set; }

    /// <summary>Our end of the connection to an original destination, while <see cref="OwnConnections"/> contains that address.</summary>
    public IPEndPoint? OwnSource { get; set; }

    /// <summary>Whether the client is known to have sent bytes that are no longer in the buffer, or that were lost.</summary>
    public bool HasSpoken { get; set; }

    /// <inheritdoc/>
    public override bool IsSilent => HoldsPlace && !HasSpoken && (Identity is null || IsWithinHello || _prefetchLength == 0)
        && BytesToBackend == 0 && client.Relayed is { ToBackend: 0, ToClient: <= LongestGreetingBytes };

    /// <summary>How the backend learns the client's address; null: it has not been dialed.</summary>
    public SourceIpMode? PassedBy { get; set; }

    /// <summary>Whether the backend gets a PROXY header.</summary>
    public bool SendsHeader => PassedBy == SourceIpMode.ProxyProtocol;

    /// <summary>Payload from the client that the backend's kernel took.</summary>
    public long BytesToBackend { get; set; }

    /// <summary>Payload from the backend that the client's kernel took.</summary>
    public long BytesToClient { get; set; }

    /// <summary>The timestamp at which the backend's connection was open; 0: it never was.</summary>
    public long ConnectedAt { get; set; }

    /// <summary>How long the connect took that succeeded.</summary>
    public TimeSpan ConnectTime { get; set; }

    /// <summary>Our address of the backend's connection, if a line of the access log has it; otherwise null.</summary>
    public IPEndPoint? BackendLocal { get; set; }

    /// <summary>Payload that was sent to the backend as soon as it was connected, before the relay began.</summary>
    public int BytesAtOnce { get; set; }

    /// <summary>
    /// How long the backend took for its first byte: since the first payload went to it, or since it was connected if it spoke first. Null:
    /// none has come. From any thread.
    /// </summary>
    public TimeSpan? ReadFirstByte(TimeProvider time)
    {
        if (client.Relay?.FirstBytes is not { ToClientAt: not 0 } first)
        {
            return null;
        }

        var wasAsked = BytesAtOnce == 0 && first.ToBackendAt != 0 && first.ToBackendAt <= first.ToClientAt;
        return time.GetElapsedTime(wasAsked ? first.ToBackendAt : ConnectedAt, first.ToClientAt);
    }

    /// <summary>Whether the metrics include the time of the first byte. Changed only under a lock on the record.</summary>
    public bool HasFirstByteCounted { get; set; }

    /// <summary>The bytes that the metrics already include. Changed only under a lock on the record.</summary>
    public RelayedBytes Counted { get; set; }

    /// <summary>Whether the connection counts in the metrics as opened, and no longer as rejected.</summary>
    public bool IsOpened { get; set; }

    // TPROXY does not change the packets, so the local address of the accepted socket is the original destination.
    public override IPEndPoint ReadLocal() =>
        (listener.Intercept == InterceptMode.Redirect ? client.ReadRedirectedDestination() : null) ?? client.LocalEndPoint;

    /// <inheritdoc/>
    public override SocketError Receive()
    {
        var buffer = _prefetch ??= ArrayPool<byte>.Shared.Rent(FirstBufferBytes);
        var end = _prefetchStart + _prefetchLength;
        if (end == buffer.Length)
        {
            buffer = Grow(buffer);
            end = _prefetchLength;
        }

        var read = client.Receive(buffer.AsSpan(end));
        HasEnded |= read is { Error: SocketError.Success, Bytes: 0 };
        _prefetchLength += read.Bytes;
        if (_prefetchLength == 0)
        {
            // A peer that is silent holds no buffer.
            DropPrefetch();
        }

        return read.Error == SocketError.WouldBlock ? SocketError.Success : read.Error;
    }

    /// <inheritdoc/>
    public override ClientHelloNeed ReadClientHelloNeed() => Model!.NeedOf(Identity!);

    /// <inheritdoc/>
    public override async ValueTask<SocketError> AnswerAsync(ReadOnlyMemory<byte> bytes, TimeSpan limit) =>
        (await client.SendAllAsync(bytes, limit)).Error;

    /// <inheritdoc/>
    public override ValueTask<SocketError> WaitAsync(TimeSpan limit) => client.WaitReadableAsync(limit);

    /// <inheritdoc/>
    public override void Consume(int bytes)
    {
        (_prefetchStart, _prefetchLength) = (_prefetchStart + bytes, _prefetchLength - bytes);
        if (_prefetchLength == 0)
        {
            DropPrefetch();
        }
    }

    /// <inheritdoc/>
    public override int ReadOptions(OptionCarriers carrier, Span<byte> options) => client.ReadOptions(carrier, options);

    /// <summary>Gives the buffer back; idle connections hold none.</summary>
    public void DropPrefetch()
    {
        if (_prefetch is { } buffer)
        {
            (_prefetch, _prefetchStart, _prefetchLength) = (null, 0, 0);
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <inheritdoc/>
    public override bool Fail(Outcome outcome)
    {
        // Where an abort is what made the step fail, the abort is the reason. Steps that drain say so themselves.
        End(client.AbortReason is (CloseReason.Limit or CloseReason.Unhealthy or CloseReason.Admin) and var aborted
            ? outcome with { Reason = aborted }
            : outcome);
        // A client that left during the dial may have sent bytes that were not read. The bytes are lost, but they show that the connection
        // was no check.
        HasSpoken |= outcome.Reason == CloseReason.ClientReset && HasUnreadBytes();
        (BackendLayer ?? Backend)?.Reset();
        if (!ReferenceEquals(ClientSide, client))
        {
            // A layer is reset itself, because it holds memory of its own.
            ClientSide.Reset();
        }
        else if (Outcome.Reason == CloseReason.HealthCheck)
        {
            client.Close();
        }
        else
        {
            // RST, so that neither side takes a cut stream for a complete stream, and refused peers leave no TIME_WAIT behind.
            client.Reset();
        }

        return false;
    }

    /// <summary>Sets the outcome and replaces an earlier outcome. The dialer's error is kept if the new outcome has no rule.</summary>
    public void End(Outcome outcome) => Outcome = outcome.Rule is null ? outcome with { Error = Outcome.Error } : outcome;

    /// <summary>Notes how a dial failed, or which of its attempts failed; null: no attempt failed.</summary>
    public void NoteDial(string? failed) => Outcome = Outcome with { Error = failed };

    /// <summary>
    /// Notes what the reason does not tell of a TLS stream: that it ended with FIN but without close_notify, and so may be incomplete, or
    /// that it was broken.
    /// </summary>
    public void NoteEndOfTls()
    {
        var isBackend = Outcome.Reason == CloseReason.BackendReset;
        var side = isBackend ? BackendLayer : ClientSide;
        if (Outcome.Reason is CloseReason.ClientReset or CloseReason.BackendReset && side is { LayerFailure: { } failure })
        {
            // A stream that ends within a record fails, too.
            Outcome = side.WasCut
                ? Outcome with { Rule = isBackend ? "backend_no_close_notify" : "client_no_close_notify" }
                : Outcome with { Rule = isBackend ? "backend_tls" : "client_tls", Error = TlsProblem.OfStream(failure) };
        }
        else if (Outcome.Reason is CloseReason.ClientFin or CloseReason.BackendFin && (ClientSide.WasCut || BackendLayer?.WasCut == true))
        {
            Outcome = Outcome with { Rule = ClientSide.WasCut ? "client_no_close_notify" : "backend_no_close_notify" };
        }
    }

    /// <inheritdoc/>
    GuardVerdict IFirstBytesGuard.Inspect(ReadOnlySpan<byte> bytes)
    {
        HeadersAsPayload!.Look(this, bytes);
        return GuardVerdict.Pass;
    }

    /// <inheritdoc/>
    public override string? RouteName => Route?.Name;

    // The bytes of the relay are added to the properties at its end, and a reader may see both: then the property is the higher number.
    public override RelayedBytes Carried => client.Relayed is var relayed && Outcome.Reason != CloseReason.Error
        ? new(Math.Max(BytesToBackend, relayed.ToBackend), Math.Max(BytesToClient, relayed.ToClient))
        : new(BytesToBackend + relayed.ToBackend, BytesToClient + relayed.ToClient);

    /// <inheritdoc/>
    public override ConnectionSummary Summarize(DateTimeOffset? startedAt)
    {
        var carried = Carried;
        return new ConnectionSummary
        {
            Number = Id,
            Protocol = ConnectionSummary.Tcp,
            Client = Identity?.Client ?? Peer,
            Peer = Peer,
            Source = Identity?.Source,
            Listener = ListenerName,
            Route = Route?.Name,
            Cluster = Route?.Cluster.Name,
            Destination = Destination?.Name,
            Backend = Backend?.RemoteEndPoint,
            Mode = PassedBy?.ToString(),
            ServerName = Identity?.Hello?.ServerName,
            Received = carried.ToBackend,
            Sent = carried.ToClient,
            StartedAt = startedAt,
        };
    }

    /// <inheritdoc/>
    public override void Terminate() => Abort(CloseReason.Admin);

    /// <inheritdoc/>
    public override void GiveWay() => client.Abort(CloseReason.Limit);

    /// <inheritdoc/>
    public override ValueTask EnterAsync() => client.EnterAsync();

    /// <inheritdoc/>
    public override void Abort() => Abort(CloseReason.Drain);

    /// <summary>Ends the connection. From any thread.</summary>
    public void Abort(CloseReason reason)
    {
        client.Abort(reason);
        // The abort above ends the operations on the client's connection and the relay. It does not end the sending of a header to a
        // backend that does not read.
        Backend?.Abort(reason);
    }

    private bool HasUnreadBytes()
    {
        Span<byte> first = stackalloc byte[1];
        return client.Receive(first).Bytes > 0;
    }

    private byte[] Grow(byte[] buffer)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(FirstBufferBytes, _prefetchLength * 2));
        Prefetch.Span.CopyTo(larger);
        (_prefetch, _prefetchStart) = (larger, 0);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }
}
