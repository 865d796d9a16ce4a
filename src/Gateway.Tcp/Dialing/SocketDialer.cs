using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Diagnostics;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Engines.Portable;
using Gateway.Tcp.Identification;

namespace Gateway.Tcp.Dialing;

/// <summary>
/// Opens connections to backends as managed sockets, for whoever speaks the protocol on them itself (HTTP). The backend learns of the client as on a TCP route:
/// <see cref="SourceIpMode.ProxyProtocol"/> sends the header as the very first bytes, <see cref="SourceIpMode.Transparent"/> binds the client's address, for destinations of its family alone,
/// and does as <see cref="SourceIpModel.Fallback"/> says where that cannot be. Each connection starts at the next of the destination's addresses, so that the pods behind a headless service get a
/// share each, and tries each for a limited time; with <see cref="SourceIpMode.Transparent"/> those of the client's family first. Safe from any thread.
/// </summary>
public sealed class SocketDialer
{
    // As ConnectTimeout's default on TCP clusters. The HTTP client gives all attempts 15 s: an address that does not answer must leave some of it to the next.
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(5);

    // These connections are opened seldom and then used for many requests: an answer that has become old would be followed for all of them. A name server answers within it.
    private static readonly TimeSpan RefreshPatience = TimeSpan.FromMilliseconds(500);

    // Destinations come from configuration: a bound against many reloads.
    private const int MostDestinations = 4096;

    private readonly ConcurrentDictionary<string, DestinationModel> _destinations = new(StringComparer.OrdinalIgnoreCase);
    private readonly OwnListeners _ownListeners;
    private readonly HostResolver _resolver;
    private readonly TcpMetrics _metrics;
    private readonly TimeProvider _time;

    /// <summary>Makes a dialer with a cache of names of its own.</summary>
    /// <param name="meters">For the meter <c>Gateway.Tcp</c>.</param>
    /// <param name="time">For durations and the cache.</param>
    /// <param name="ownListeners">Where connections may not get to.</param>
    public SocketDialer(IMeterFactory meters, TimeProvider time, OwnListeners ownListeners)
        : this(meters, time, ownListeners, new HostResolver(time))
    {
    }

    internal SocketDialer(IMeterFactory meters, TimeProvider time, OwnListeners ownListeners, HostResolver resolver)
    {
        _ownListeners = ownListeners;
        _resolver = resolver;
        _metrics = new TcpMetrics(meters);
        _time = time;
    }

    /// <summary>Connects.</summary>
    /// <param name="destination">Where to.</param>
    /// <param name="dial">How, and for which cluster.</param>
    /// <param name="client">For whom; null: for ourselves (a health check): a header has the connection's own endpoints.</param>
    /// <param name="cancellation">Ends all attempts.</param>
    /// <returns>The connection. If there is to be a header, it has been sent.</returns>
    /// <exception cref="SourceUnusableException">The client's address cannot be used, and the fallback is Reject.</exception>
    /// <exception cref="ConnectException">No address was reached, or there is none.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async ValueTask<Socket> ConnectAsync(DnsEndPoint destination, SocketDial dial, ConnectionIdentity? client, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentNullException.ThrowIfNull(dial);
        var model = ModelOf($"{destination.Host}:{destination.Port}");
        var addresses = await _resolver.ResolveAsync(model, RefreshPatience).AsTask().WaitAsync(cancellation);
        var wanted = dial.SourceIp.Mode == SourceIpMode.Transparent ? client?.Client.AddressFamily : null;
        var attempts = new Attempts(dial.NameOf?.Invoke(model.Address) ?? model.Address, AddressOrder.Of(addresses, wanted, addresses.Length > 1 ? model.NextTurn() : 0, health: null), dial, client);
        var mode = client is null && dial.SourceIp.Mode == SourceIpMode.Transparent ? SourceIpMode.None : dial.SourceIp.Mode;
        var connected = await TryAllAsync(attempts, mode, cancellation);
        if (connected is null && attempts.IsSourceUnusable && dial.SourceIp.Fallback != SourceIpFallback.Reject)
        {
            mode = dial.SourceIp.Fallback == SourceIpFallback.ProxyProtocol ? SourceIpMode.ProxyProtocol : SourceIpMode.None;
            connected = await TryAllAsync(attempts, mode, cancellation);
        }

        if (connected is null)
        {
            throw attempts.IsSourceUnusable && attempts.Failure == SocketError.Success
                ? new SourceUnusableException($"{client!.Client.Address} cannot be the source of a connection to {destination.Host}")
                : attempts.Describe();
        }

        return mode == SourceIpMode.ProxyProtocol ? await AnnounceAsync(connected, dial, client, cancellation) : connected;
    }

    /// <summary>The addresses of a destination as far as they are known; empty: not yet. What is not known or has become old is asked for in the background.</summary>
    /// <param name="authority"><c>host:port</c>.</param>
    public IPEndPoint[] KnownAddressesOf(string authority)
    {
        ArgumentNullException.ThrowIfNull(authority);
        var asked = _resolver.ResolveAsync(ModelOf(authority)).AsTask();
        return asked.IsCompletedSuccessfully ? asked.Result : [];
    }

    private DestinationModel ModelOf(string authority)
    {
        if (_destinations.Count >= MostDestinations)
        {
            _destinations.Clear();
        }

        return _destinations.GetOrAdd(authority, static authority => new DestinationModel(authority, authority));
    }

    private async ValueTask<Socket?> TryAllAsync(Attempts attempts, SourceIpMode mode, CancellationToken cancellation)
    {
        for (var i = 0; i < attempts.Addresses.Length; i++)
        {
            var address = attempts.Addresses[i];
            if (mode == SourceIpMode.Transparent && !TransparentRules.CanBind(attempts.Client!, address.Address))
            {
                attempts.IsSourceUnusable = true;
                _metrics.SourceUnusable(attempts.Dial.Cluster, mode);
            }
            else if (await TryAsync(attempts, address, mode, cancellation) is { } connected)
            {
                return connected;
            }
        }

        return null;
    }

    private async ValueTask<Socket?> TryAsync(Attempts attempts, IPEndPoint address, SourceIpMode mode, CancellationToken cancellation)
    {
        attempts.Begin(address);
        var began = _time.GetTimestamp();
        var (blame, error) = (ConnectFailure.Aborted, SocketError.OperationAborted);
        Socket? socket = null;
        using var limit = new CancellationTokenSource(AttemptTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            (blame, error) = Prepare(socket, attempts, mode);
            if (blame == ConnectFailure.None)
            {
                (blame, error) = (ConnectFailure.Aborted, SocketError.OperationAborted);
                _ownListeners.Refuse(address, socket);
                await socket.ConnectAsync(address, either.Token);
                LocalPorts.RefuseSelf(socket);
                // NetworkStream takes no others; awaited calls do not care.
                socket.Blocking = true;
                blame = ConnectFailure.None;
                return socket;
            }

            // Ours, and no destination's fault.
            attempts.IsSourceUnusable |= mode == SourceIpMode.Transparent;
            attempts.Failure = attempts.Failure == SocketError.Success && mode != SourceIpMode.Transparent ? error : attempts.Failure;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            (blame, error) = (ConnectFailure.Timeout, SocketError.TimedOut);
            attempts.Failure = error;
        }
        catch (SocketException failed)
        {
            error = failed.SocketErrorCode;
            blame = failed is OwnListenerException ? ConnectFailure.Self : ConnectFailures.OfConnect(error, mode == SourceIpMode.Transparent);
            attempts.IsSourceUnusable |= blame == ConnectFailure.Bind;
            attempts.Failure = blame == ConnectFailure.Bind ? attempts.Failure : error;
            attempts.Refusal = (failed as OwnListenerException)?.Message;
        }
        finally
        {
            if (blame != ConnectFailure.None)
            {
                socket?.Dispose();
            }

            _metrics.Attempted(attempts.Dial.Cluster, attempts.Destination, mode, blame, error, _time.GetElapsedTime(began));
        }

        return null;
    }

    private static (ConnectFailure Blame, SocketError Error) Prepare(Socket socket, Attempts attempts, SourceIpMode mode)
    {
        SocketSettings.Apply(socket, attempts.Dial.KeepAlive);
        if (attempts.Dial.SourceIp.Mark != 0 && SocketSettings.SetMark(socket, attempts.Dial.SourceIp.Mark) is { Failure: not ConnectFailure.None } refused)
        {
            return refused;
        }

        return mode == SourceIpMode.Transparent
            ? SocketSettings.BindTransparent(socket, new IPEndPoint(attempts.Client!.Client.Address, 0))
            : (ConnectFailure.None, SocketError.Success);
    }

    private async ValueTask<Socket> AnnounceAsync(Socket socket, SocketDial dial, ConnectionIdentity? client, CancellationToken cancellation)
    {
        var header = ArrayPool<byte>.Shared.Rent(client is null ? OwnHeader.MaxLength : SourceHeader.MaxLength(client, dial.SourceIp));
        try
        {
            var leftOut = 0;
            var length = client is null ? OwnHeader.Write(header, dial.SourceIp.Version, socket) : SourceHeader.Write(header, client, dial.SourceIp, added: default, out leftOut);
            _metrics.TlvsLeftOut(dial.Cluster, leftOut);
            await socket.SendAsync(header.AsMemory(0, length), cancellation);
            _metrics.HeaderSent(dial.Cluster, dial.SourceIp.Version);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(header);
        }
    }

    private sealed class Attempts(string destination, IPEndPoint[] addresses, SocketDial dial, ConnectionIdentity? client)
    {
        /// <summary>What metrics call it.</summary>
        public string Destination { get; } = destination;

        public IPEndPoint[] Addresses { get; } = addresses;

        public SocketDial Dial { get; } = dial;

        public ConnectionIdentity? Client { get; } = client;

        /// <summary>Some address could not be dialled from the client's.</summary>
        public bool IsSourceUnusable { get; set; }

        /// <summary>What was wrong with the last address that was dialled; Success: nothing.</summary>
        public SocketError Failure { get; set; }

        /// <summary>Why the last address was not dialled; null: it was.</summary>
        public string? Refusal { get; set; }

        private IPEndPoint? Last { get; set; }

        private int Count { get; set; }

        /// <summary>Notes an attempt.</summary>
        public void Begin(IPEndPoint address) => (Last, Count, Refusal) = (address, Count + 1, null);

        /// <summary>What came of all of them, in the words of TCP routes.</summary>
        public ConnectException Describe()
        {
            var error = Failure == SocketError.Success ? SocketError.HostNotFound : Failure;
            return new ConnectException(error, Refusal ?? new DialResult { Address = Last, Error = error, Attempts = Count }.Describe());
        }
    }
}
