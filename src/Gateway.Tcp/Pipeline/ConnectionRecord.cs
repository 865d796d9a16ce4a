using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Clusters;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Identification.Tls;
using Gateway.Tcp.Identification.Toa;
using Gateway.Tcp.Prologue;
using Gateway.Tcp.Relaying;
using Gateway.Tcp.Routing;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Pipeline;

/// <summary>
/// One accepted connection of an engine from accept to account: what the steps of the pipeline leave for each other, and what the access
/// log and the metrics are written from. Also the prologue's source of bytes, so that a connection costs one object: a pooled buffer is
/// there while there are bytes in it.
/// </summary>
internal sealed class ConnectionRecord(long id, TcpConnection client, ListenerState listener, long acceptedAt)
    : AcceptedConnection(id, acceptedAt)
{
    /// <summary>
    /// What a server says unasked: MySQL's handshake packet, an SMTP banner, SSH's version and key exchange (1 to 2 KB). More is a
    /// transfer.
    /// </summary>
    public const int LongestGreetingBytes = 4096;

    // One header and the first payload of nearly every protocol, and 10 MB for 5,000 peers that stop in the middle of a header.
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
    public override bool IsStopped => client.AbortReason is not null;

    /// <inheritdoc/>
    public override bool SeesOptions => client.SeesOptions;

    /// <inheritdoc/>
    public override ReadOnlySequence<byte> Received =>
        _prefetch is { } buffer ? new ReadOnlySequence<byte>(buffer, _prefetchStart, _prefetchLength) : ReadOnlySequence<byte>.Empty;

    /// <summary>Payload that was read and not sent on yet.</summary>
    public ReadOnlyMemory<byte> Prefetch => _prefetch.AsMemory(_prefetchStart, _prefetchLength);

    public RouteModel? Route { get; set; }

    /// <summary>
    /// The backend's connection; from any thread. Written with a full fence: who sets it and then sees that the client's is not aborted
    /// knows that whoever aborts that one will see this.
    /// </summary>
    public TcpConnection? Backend
    {
        get => Volatile.Read(ref _backend);
        set => Interlocked.Exchange(ref _backend, value);
    }

    /// <summary>The client's side of the relay: its connection, or the TLS over it.</summary>
    public RelaySide ClientSide { get; set; } = client;

    /// <summary>The backend's side of the relay, if it is a layer over its connection.</summary>
    public RelaySide? BackendLayer { get; set; }

    public DestinationModel? Destination { get; set; }

    /// <summary>Our end of the connection to an original destination, as long as <see cref="OwnConnections"/> knows it.</summary>
    public IPEndPoint? OwnSource { get; set; }

    /// <summary>Whether the client is known to have sent what nobody was there to read.</summary>
    public bool HasSpoken { get; set; }

    /// <inheritdoc/>
    public override bool IsSilent => HoldsPlace && !HasSpoken && (Identity is null || _prefetchLength == 0) && BytesToBackend == 0
        && client.Relayed is { ToBackend: 0, ToClient: <= LongestGreetingBytes };

    /// <summary>Whether the backend gets a PROXY header.</summary>
    public bool SendsHeader { get; set; }

    /// <summary>Payload from the client that the backend's kernel took.</summary>
    public long BytesToBackend { get; set; }

    /// <summary>Payload from the backend that the client's kernel took.</summary>
    public long BytesToClient { get; set; }

    /// <summary>What of the bytes is in the metrics already; changed under a lock on the record.</summary>
    public RelayedBytes Counted { get; set; }

    /// <summary>Whether it counts as opened: routed, with an address to dial.</summary>
    public bool IsOpened { get; set; }

    // tproxy leaves the packets as they are, so there it is the accepted socket's own address.
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
        End(client.AbortReason == RelayEnd.Limit ? outcome with { Reason = CloseReason.Limit } : outcome);
        // What a client sent that left during the dial was not read. It is lost, but a client that sent something is no check.
        HasSpoken |= outcome.Reason == CloseReason.ClientReset && HasUnreadBytes();
        (BackendLayer ?? Backend)?.Reset();
        if (!ReferenceEquals(ClientSide, client))
        {
            // A layer holds memory of its own.
            ClientSide.Reset();
        }
        else if (Outcome.Reason == CloseReason.HealthCheck)
        {
            client.Close();
        }
        else
        {
            // Neither side may take a cut stream for a complete one, and refused peers leave no TIME_WAIT behind.
            client.Reset();
        }

        return false;
    }

    /// <summary>Says how it ended, whatever was said before. Where no rule refused it, what the dialer said stays.</summary>
    public void End(Outcome outcome) => Outcome = outcome.Rule is null ? outcome with { Error = Outcome.Error } : outcome;

    /// <summary>Notes what became of a dial that failed, or of its failed attempts; null: none did.</summary>
    public void NoteDial(string? failed) => Outcome = Outcome with { Error = failed };

    /// <summary>Notes a TLS stream that ended in order on TCP, but without close_notify: nobody knows whether that was all.</summary>
    public void NoteCut()
    {
        if (Outcome.Reason is CloseReason.ClientFin or CloseReason.BackendFin && (ClientSide.WasCut || BackendLayer?.WasCut == true))
        {
            Outcome = Outcome with { Rule = ClientSide.WasCut ? "client_no_close_notify" : "backend_no_close_notify" };
        }
    }

    /// <inheritdoc/>
    public override void GiveWay() => client.Abort(RelayEnd.Limit);

    /// <inheritdoc/>
    public override ValueTask EnterAsync() => client.EnterAsync();

    /// <inheritdoc/>
    public override void Abort()
    {
        client.Abort(RelayEnd.Drain);
        // The client's operations are ended by that, and the relay; a header that the backend does not take is the backend's.
        Backend?.Abort(RelayEnd.Drain);
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
