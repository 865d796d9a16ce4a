using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Gateway.Http.Listeners;
using Gateway.Linux;
using Gateway.Tcp.Admission;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Identification.Tls;
using Gateway.Tcp.Identification.Toa;
using Gateway.Tcp.Networks;
using Gateway.Tcp.Prologue;
using Gateway.Tcp.Telemetry;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Gateway.Http.Connections;

/// <summary>
/// A connection of Kestrel's before HTTP starts on it: the prologue's source of bytes, read from the pipe and left there, but for a header.
/// Also a connection feature, so that what ends the connection later is accounted in the same place, once.
/// </summary>
/// <param name="context">Kestrel's connection.</param>
/// <param name="listener">The listener, as it was at accept.</param>
/// <param name="number">The connection's number in this process.</param>
/// <param name="services">What every connection needs from the host.</param>
internal sealed class HttpConnection(ConnectionContext context, IListenerFeature listener, long number, HttpConnectionServices services)
    : AcceptedConnection(number, services.Time.GetTimestamp())
{
    private KeptBytes? _kept;
    private TimedPipeRead? _timed;
    private ReadResult _read;
    private bool _isReading;
    private int _consumed;
    private int _hasEnded;
    private long _heardAt;

    // Probes and Admin have to answer when traffic has taken every place: theirs are reserved (ReservedConnections).
    public override ConnectionKind? Kind => listener.Kind == ListenerKind.Traffic ? ConnectionKind.Http : null;

    /// <inheritdoc/>
    public override string ListenerName => listener.Name;

    /// <summary>The listener, as it was when the connection was accepted.</summary>
    public IListenerFeature Listener => listener;

    /// <inheritdoc/>
    public override IPEndPoint Peer { get; } = PeerEndPoint.Of(context.RemoteEndPoint);

    /// <inheritdoc/>
    public override ProxyProtocolPolicy? ProxyProtocol => listener.Http?.ProxyProtocol;

    /// <inheritdoc/>
    public override ToaPolicy? Toa => listener.Http?.Toa;

    /// <inheritdoc/>
    public override ClientHelloPolicy? ClientHello => listener.Http?.ClientHello;

    /// <inheritdoc/>
    public override bool IsStopped => Stop.IsCancellationRequested || Volatile.Read(ref _hasEnded) != 0;

    // In HTTP the client speaks first: waiting for its first data holds nobody up, whether their options can be read or not.
    public override bool SeesOptions => Socket is not null;

    /// <inheritdoc/>
    public override bool IsSilent => HoldsPlace && Volatile.Read(ref _heardAt) == 0 && !(Kind is null && HasReceived());

    /// <inheritdoc/>
    public override long LastHeardAt => Volatile.Read(ref _heardAt) is var heard and not 0 ? heard : AcceptedAt;

    /// <inheritdoc/>
    public override ReadOnlySequence<byte> Received =>
        _isReading ? _read.Buffer.Slice(_consumed) : _kept?.Bytes ?? ReadOnlySequence<byte>.Empty;

    private Socket? Socket => context.Features.Get<IConnectionSocketFeature>()?.Socket;

    // Set by the server when it starts on the connection.
    private CancellationToken Stop =>
        context.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? CancellationToken.None;

    /// <inheritdoc/>
    public override IPEndPoint ReadLocal() => PeerEndPoint.Of(context.LocalEndPoint);

    /// <inheritdoc/>
    public override ClientHelloNeed ReadClientHelloNeed() => ClientHello is null ? ClientHelloNeed.None : ClientHelloNeed.Required;

    /// <inheritdoc/>
    public override SocketError Receive()
    {
        try
        {
            if (!_isReading && context.Transport.Input.TryRead(out var read))
            {
                Take(read);
            }

            return SocketError.Success;
        }
        catch (Exception ended) when (IsEnd(ended))
        {
            return SocketError.ConnectionReset;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<SocketError> WaitAsync(TimeSpan limit)
    {
        try
        {
            var input = context.Transport.Input;
            _timed ??= new TimedPipeRead(input, services.Time, Stop);
            if (_isReading)
            {
                if (!Received.IsEmpty)
                {
                    (_kept ??= new KeptBytes()).Keep(Received);
                }

                _isReading = false;
                input.AdvanceTo(_read.Buffer.GetPosition(_consumed), _read.Buffer.End);
                _consumed = 0;
            }

            Take(await _timed.ReadAsync(limit));
            return !_read.IsCanceled ? SocketError.Success
                : Stop.IsCancellationRequested ? SocketError.OperationAborted
                : SocketError.TimedOut;
        }
        catch (Exception ended) when (IsEnd(ended))
        {
            return SocketError.ConnectionReset;
        }
    }

    /// <inheritdoc/>
    public override void Consume(int bytes) => _consumed += bytes;

    /// <inheritdoc/>
    public override int ReadOptions(OptionCarriers carrier, Span<byte> options) =>
        Socket is { } socket && services.Tcp is { } tcp ? tcp.ReadOptions(socket, carrier, options) : 0;

    /// <summary>The prologue is over: everything that was not consumed is there for the next reader.</summary>
    public void LeavePrologue()
    {
        _timed?.Dispose();
        if (_isReading)
        {
            _isReading = false;
            context.Transport.Input.AdvanceTo(_read.Buffer.GetPosition(_consumed));
        }
    }

    /// <summary>Something has come that HTTP is to read.</summary>
    public void Heard() => Volatile.Write(ref _heardAt, Math.Max(1, services.Time.GetTimestamp()));

    /// <summary>Ends the connection and accounts for it: metrics, access log, warning. From any thread; the first call counts.</summary>
    public override bool Fail(Outcome outcome) => Fail(outcome, isInOrder: outcome.Reason == CloseReason.HealthCheck);

    /// <summary>Ends the connection, too.</summary>
    /// <param name="outcome">How it ended.</param>
    /// <param name="isInOrder">
    /// Whether what was sent still goes out: the alert that tells a client of TLS what is wrong. The caller returns then.
    /// </param>
    /// <returns>False.</returns>
    public bool Fail(Outcome outcome, bool isInOrder)
    {
        if (Interlocked.Exchange(ref _hasEnded, 1) == 0)
        {
            Outcome = outcome;
            services.Metrics.Ended(ListenerName, outcome.Reason);
            services.AccessLog.WriteRejected(Peer, ListenerName, outcome);
            services.Warnings.Ended(outcome, ListenerName, Peer);
            if (!isInOrder)
            {
                // Now, rather than after what the peer may still be sending has been read.
                context.Abort(new ConnectionAbortedException(outcome.Label));
            }
        }

        return false;
    }

    /// <inheritdoc/>
    public override void GiveWay()
    {
        if (Kind is null)
        {
            // At once: a flood is accepted no faster than its connections end, and descriptors do not run out between.
            Fail(CloseReason.GaveWay);
            return;
        }

        // Another connection's thread, which may be an event loop, is not kept with it.
        ThreadPool.UnsafeQueueUserWorkItem(static connection => connection.Fail(CloseReason.Limit), this, preferLocal: false);
    }

    /// <inheritdoc/>
    public override void Abort() => context.Abort();

    private static bool IsEnd(Exception exception) => exception is ConnectionResetException or ConnectionAbortedException or IOException;

    // The request of a probe may be there before anybody has read it, on a busy machine and in a flood. The kernel knows. Only asked of the
    // few connections of Probes and Admin: traffic has a second to be read.
    private bool HasReceived()
    {
        // tcpi_bytes_received of struct tcp_info (linux/tcp.h), since Linux 4.1.
        const int bytesReceived = 128;
        Span<byte> info = stackalloc byte[bytesReceived + sizeof(ulong)];
        try
        {
            return ProxyProtocol is null && OperatingSystem.IsLinux() && Socket?.Get(SocketOption.TcpInfo, info) == info.Length
                && BitConverter.ToUInt64(info[bytesReceived..]) > 0;
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    private void Take(in ReadResult read)
    {
        (_read, _isReading) = (read, true);
        HasEnded = read.IsCompleted;
    }
}
