using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Identification.Tls;
using Gateway.Tcp.Identification.Toa;
using Gateway.Tcp.Relaying;
using Gateway.Tcp.Status;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Prologue;

/// <summary>
/// An accepted connection as <see cref="ConnectionPrologue"/> sees it: a small source of bytes (take what has come, wait for more,
/// consume), the policies of its listener, and the results of the looks. An engine's connection and a connection of a Kestrel pipe each
/// have an implementation.
/// </summary>
/// <param name="id">The connection's number in this process.</param>
/// <param name="acceptedAt">The timestamp of accept.</param>
public abstract class AcceptedConnection(long id, long acceptedAt) : LiveConnection(id, acceptedAt)
{
    /// <summary>The listener's name, for metrics and logs.</summary>
    public abstract string ListenerName { get; }

    /// <summary>The other end of the accepted socket, unmapped and without a zone.</summary>
    public abstract IPEndPoint Peer { get; }

    /// <inheritdoc/>
    public override IPAddress ClientAddress => Identity?.Client.Address ?? Peer.Address;

    /// <summary>Which peers may or must send a PROXY header; null: the peer is the client.</summary>
    public abstract ProxyProtocolPolicy? ProxyProtocol { get; }

    /// <summary>Which peers may name the client in a TCP option; null: no option is looked at.</summary>
    public abstract ToaPolicy? Toa { get; }

    /// <summary>How the ClientHello is read; null: the ClientHello is not read.</summary>
    public virtual ClientHelloPolicy? ClientHello => null;

    /// <summary>How the listener admits clients; null: it has neither access rules nor limits.</summary>
    public virtual ListenerAdmission? Admission => null;

    /// <summary>
    /// Whether the connection carries one client, which is known when the prologue asks; otherwise each request has its own client.
    /// </summary>
    public virtual bool HasOneClient => true;

    /// <summary>The places under the listener's limits that the connection holds; null: none.</summary>
    public AdmissionPlace? Place { get; set; }

    /// <summary>The timestamp when the wait for the ClientHello began.</summary>
    public long ClientHelloBegan { get; set; }

    /// <summary>Whether the client has asked for TLS in its own protocol (PostgreSQL's SSLRequest), and the gateway has agreed.</summary>
    public bool HasAskedForTls { get; set; }

    /// <summary>The bytes that have been received and not consumed.</summary>
    public abstract ReadOnlySequence<byte> Received { get; }

    /// <summary>Whether the peer has ended its stream.</summary>
    public bool HasEnded { get; protected set; }

    /// <summary>Whether the gateway is ending the connection, because of a drain or to make room for another connection.</summary>
    public abstract bool IsStopped { get; }

    /// <summary>Whether <see cref="ReadOptions"/> can read the options of segments after the SYN.</summary>
    public abstract bool SeesOptions { get; }

    /// <summary>The client and how its address was learned; null: not known yet.</summary>
    public ConnectionIdentity? Identity { get; set; }

    /// <summary>
    /// Whether a ClientHello is awaited, or half of it is there. Half a hello, as half a PROXY header, keeps no place from a new client.
    /// </summary>
    public bool IsWithinHello { get; set; }

    /// <summary>Whether a PROXY header came, of any version and command.</summary>
    public bool HasHeader { get; set; }

    /// <summary>
    /// Looks at the bytes after the prologue before they are passed on; null: the first bytes are known not to be a header.
    /// </summary>
    public FirstBytesGuard? Guard { get; set; }

    /// <summary>The refusal that is reported if the guard stops the connection.</summary>
    public IdentificationRefusal GuardAs { get; set; }

    /// <summary>The rule that would have refused the connection, if its policy did not only observe; None: no rule.</summary>
    public IdentificationRefusal Observed { get; set; }

    /// <summary>The name of the connection's route; null: none, or none yet. From any thread.</summary>
    public virtual string? RouteName => null;

    /// <summary>
    /// The client that is shown: of the newest request, or of the connection. Before it is known, the peer. From any thread.
    /// </summary>
    public virtual IPAddress ShownClient => ClientAddress;

    /// <summary>The payload that was carried so far. From any thread; the numbers may lag behind.</summary>
    public virtual RelayedBytes Carried => default;

    /// <summary>How the connection ended.</summary>
    public Outcome Outcome { get; protected internal set; }

    /// <summary>
    /// The local address of the accepted socket, or the address that the client connected to, if the kernel redirected the connection.
    /// </summary>
    public abstract IPEndPoint ReadLocal();

    /// <summary>Whether the connection can go on without a ClientHello. Asked when the client is known.</summary>
    public virtual ClientHelloNeed ReadClientHelloNeed() => ClientHelloNeed.None;

    /// <summary>Sends a few bytes of the client's protocol to the client, before the connection is routed.</summary>
    /// <param name="bytes">The answer.</param>
    /// <param name="limit">How long it may take.</param>
    public virtual ValueTask<SocketError> AnswerAsync(ReadOnlyMemory<byte> bytes, TimeSpan limit) => new(SocketError.OperationNotSupported);

    /// <summary>The rest of a handshake's limit after the wait for the ClientHello; at least 1 ms.</summary>
    /// <param name="limit">The limit of a whole handshake.</param>
    /// <param name="time">The clock.</param>
    public TimeSpan LeftForHandshake(TimeSpan limit, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        var left = limit - time.GetElapsedTime(ClientHelloBegan);
        return left > TimeSpan.Zero ? left : TimeSpan.FromMilliseconds(1);
    }

    /// <summary>
    /// Continues on the thread that the connection's engine requires, because only its event loop may touch a connection of that loop.
    /// </summary>
    public virtual ValueTask EnterAsync() => ValueTask.CompletedTask;

    /// <summary>Receives the bytes that have come, without waiting.</summary>
    /// <returns>
    /// Success, even if nothing has come; otherwise the socket's error. Bytes that came before an error stay in <see cref="Received"/>.
    /// </returns>
    public abstract SocketError Receive();

    /// <summary>Waits until <see cref="Receive"/> returns bytes, the end of the stream or an error.</summary>
    /// <param name="limit">The longest wait.</param>
    /// <returns>Success, TimedOut, OperationAborted if the gateway ends the connection, or the socket's error.</returns>
    public abstract ValueTask<SocketError> WaitAsync(TimeSpan limit);

    /// <summary>Removes bytes from the beginning of <see cref="Received"/>.</summary>
    public abstract void Consume(int bytes);

    /// <summary>The TCP options of one segment, see <see cref="TcpConnection.ReadOptions"/>.</summary>
    public abstract int ReadOptions(OptionCarriers carrier, Span<byte> options);

    /// <summary>
    /// Ends the connection, with RST, so that neither side takes a cut stream for a complete stream. A peer that has ended its stream
    /// without a byte gets an orderly close.
    /// </summary>
    /// <param name="outcome">How the connection ended.</param>
    /// <returns>False, so that the caller can return the result of this method.</returns>
    public abstract bool Fail(Outcome outcome);

    /// <inheritdoc cref="Fail(Outcome)"/>
    public bool Fail(CloseReason reason) => Fail(new Outcome(reason));

    /// <summary>Refuses a client that the listener does not admit. HTTP can answer the client first.</summary>
    /// <param name="outcome">How the connection ends.</param>
    /// <returns>Whether the connection goes on, so that HTTP answers.</returns>
    public virtual bool Refuse(Outcome outcome) => Fail(outcome);

    /// <summary>The connection as the status page shows it. From any thread.</summary>
    /// <param name="startedAt">When it was accepted.</param>
    public abstract ConnectionSummary Summarize(DateTimeOffset? startedAt);

    /// <summary>Ends the connection because an operator wants it (reason <c>admin</c>). From any thread; does not wait.</summary>
    public abstract void Terminate();

    /// <summary>
    /// Looks for a header in the bytes that the client has sent so far. If they can still become a header, the guard is set and looks at
    /// the next bytes on their way to the backend.
    /// </summary>
    /// <param name="guardAs">The refusal that is reported for a header.</param>
    /// <param name="metrics">Counts a header that was found.</param>
    internal bool PassesGuard(IdentificationRefusal guardAs, PrologueMetrics metrics)
    {
        var guard = new FirstBytesGuard();
        var verdict = guard.Inspect(Received);
        GuardAs = guardAs;
        Guard = verdict == GuardVerdict.More ? guard : null;
        if (verdict == GuardVerdict.Refuse)
        {
            metrics.Headers.Stopped(ListenerName, guardAs, guard.Refused);
        }

        return verdict != GuardVerdict.Refuse;
    }
}
