using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Identification.Tls;
using Gateway.Tcp.Identification.Toa;
using Gateway.Tcp.Relaying;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Prologue;

/// <summary>
/// An accepted connection as <see cref="ConnectionPrologue"/> sees it: a small source of bytes (what has come so far, wait for more,
/// consume), the policies of its listener, and what the looks have found. An engine's connection and a Kestrel pipe each have their own.
/// </summary>
/// <param name="id">Its number in this process.</param>
/// <param name="acceptedAt">Timestamp of accept.</param>
public abstract class AcceptedConnection(long id, long acceptedAt) : LiveConnection(id, acceptedAt)
{
    /// <summary>The listener's name, for metrics and logs.</summary>
    public abstract string ListenerName { get; }

    /// <summary>The other end of the accepted socket, unmapped and without a zone.</summary>
    public abstract IPEndPoint Peer { get; }

    /// <inheritdoc/>
    public override IPAddress ClientAddress => Identity?.Client.Address ?? Peer.Address;

    /// <summary>Who may come with or without a PROXY header; null: the peer is the client.</summary>
    public abstract ProxyProtocolPolicy? ProxyProtocol { get; }

    /// <summary>Whose TCP options name a client; null: no option is looked at.</summary>
    public abstract ToaPolicy? Toa { get; }

    /// <summary>How the ClientHello is read; null: it is not.</summary>
    public virtual ClientHelloPolicy? ClientHello => null;

    /// <summary>Since when the ClientHello was waited for: a timestamp.</summary>
    public long ClientHelloBegan { get; set; }

    /// <summary>Whether the client has asked for TLS in its protocol's own words, and was told yes.</summary>
    public bool HasAskedForTls { get; set; }

    /// <summary>What has come so far and was not consumed.</summary>
    public abstract ReadOnlySequence<byte> Received { get; }

    /// <summary>Whether the peer has ended its side.</summary>
    public bool HasEnded { get; protected set; }

    /// <summary>Whether we are ending the connection: a drain, or it gives way to another.</summary>
    public abstract bool IsStopped { get; }

    /// <summary>Whether <see cref="ReadOptions"/> can know of segments behind the SYN.</summary>
    public abstract bool SeesOptions { get; }

    /// <summary>Who is at the other end; null: not known yet.</summary>
    public ConnectionIdentity? Identity { get; set; }

    /// <summary>Whether a PROXY header came, of whatever kind.</summary>
    public bool HasHeader { get; set; }

    /// <summary>
    /// Looks at the bytes behind the prologue, before anybody gets them; null: the first bytes are known to be no header.
    /// </summary>
    public FirstBytesGuard? Guard { get; set; }

    /// <summary>What the guard's refusal is called.</summary>
    public IdentificationRefusal GuardAs { get; set; }

    /// <summary>How it ended.</summary>
    public Outcome Outcome { get; protected internal set; }

    /// <summary>Our end of the accepted socket, or where the kernel says that the client connected to.</summary>
    public abstract IPEndPoint ReadLocal();

    /// <summary>Whether the connection goes on without a ClientHello; asked when the client is known.</summary>
    public virtual ClientHelloNeed ReadClientHelloNeed() => ClientHelloNeed.None;

    /// <summary>Answers the client before its connection is routed: a few bytes of its protocol.</summary>
    /// <param name="bytes">The answer.</param>
    /// <param name="limit">How long it may take.</param>
    public virtual ValueTask<SocketError> AnswerAsync(ReadOnlyMemory<byte> bytes, TimeSpan limit) => new(SocketError.OperationNotSupported);

    /// <summary>What the wait for the ClientHello has left of the limit of a handshake.</summary>
    /// <param name="limit">The limit.</param>
    /// <param name="time">The clock.</param>
    public TimeSpan LeftForHandshake(TimeSpan limit, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        var left = limit - time.GetElapsedTime(ClientHelloBegan);
        return left > TimeSpan.Zero ? left : TimeSpan.FromMilliseconds(1);
    }

    /// <summary>Goes on where the connection's engine wants it: an event loop's connections are touched by that loop alone.</summary>
    public virtual ValueTask EnterAsync() => ValueTask.CompletedTask;

    /// <summary>Takes in what has come, without waiting.</summary>
    /// <returns>
    /// Success, also if nothing has come; else the socket's error. What came before an error stays in <see cref="Received"/>.
    /// </returns>
    public abstract SocketError Receive();

    /// <summary>Waits until <see cref="Receive"/> has something to say.</summary>
    /// <param name="limit">How long at most.</param>
    /// <returns>Success, TimedOut, OperationAborted if we end the connection, or the socket's error.</returns>
    public abstract ValueTask<SocketError> WaitAsync(TimeSpan limit);

    /// <summary>Takes bytes off the beginning of <see cref="Received"/>.</summary>
    public abstract void Consume(int bytes);

    /// <summary>The TCP options of one segment, see <see cref="TcpConnection.ReadOptions"/>.</summary>
    public abstract int ReadOptions(OptionCarriers carrier, Span<byte> options);

    /// <summary>
    /// Ends the connection. Neither side may take a cut stream for a complete one, unless the peer has ended without a byte itself.
    /// </summary>
    /// <param name="outcome">How it ended.</param>
    /// <returns>False, for the caller to return.</returns>
    public abstract bool Fail(Outcome outcome);

    /// <inheritdoc cref="Fail(Outcome)"/>
    public bool Fail(CloseReason reason) => Fail(new Outcome(reason));

    /// <summary>
    /// Looks for a header in what the client has sent so far, and has what still comes looked at on its way, until it is known to be none.
    /// </summary>
    /// <param name="guardAs">What a header is called.</param>
    /// <param name="metrics">Count it.</param>
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
