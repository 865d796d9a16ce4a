using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Gateway.Tcp.Clusters;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Engines.Portable;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Names;
using Gateway.Tcp.SourceIp;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Dialing;

/// <summary>
/// Opens connections to backends for callers that speak the protocol themselves (HTTP): as managed sockets, or on a loop of an engine. It
/// dials in the same way as TCP routes do (<see cref="Dialer"/>). The caller has chosen the destination, so a dial chooses among the
/// addresses of this destination only. If the mode is ProxyProtocol, the dialer has sent the header as the very first bytes. Safe from any
/// thread.
/// </summary>
public sealed class SocketDialer
{
    // HTTP connections are opened seldom and then serve many requests. All these requests would go to an outdated address, so a dial waits
    // for a fresh answer for this long. A name server in good health answers within this time.
    private static readonly TimeSpan RefreshPatience = TimeSpan.FromMilliseconds(500);

    // A header fits into the send buffer of a new connection, so it waits for nothing.
    private static readonly TimeSpan LongestHeader = TimeSpan.FromSeconds(5);

    // Destinations come from configuration. The bound is there because destinations of earlier reloads stay in the dictionary.
    private const int MostDestinations = 4096;

    // Each cluster here has one destination. The only thing that it keeps is at which address of the destination the next dial starts.
    private readonly ConcurrentDictionary<(string Cluster, string Name, string Authority, SocketConfig Socket), ClusterModel>
        _destinations = new();
    private readonly OwnListeners _ownListeners;
    private readonly HostResolver _resolver;
    private readonly DialMetrics _metrics;
    private readonly Dialer _dialer;
    private readonly TimeProvider _time;

    /// <summary>Makes a dialer that has its own cache of names.</summary>
    /// <param name="meters">For the meter <c>Gateway.Tcp</c>.</param>
    /// <param name="time">For durations and the cache.</param>
    /// <param name="ownListeners">The listeners of this process, which must not be dialed.</param>
    public SocketDialer(IMeterFactory meters, TimeProvider time, OwnListeners ownListeners)
        : this(meters, time, ownListeners, new HostResolver(time))
    {
    }

    internal SocketDialer(IMeterFactory meters, TimeProvider time, OwnListeners ownListeners, HostResolver resolver)
    {
        _ownListeners = ownListeners;
        _resolver = resolver;
        _metrics = new DialMetrics(meters);
        _dialer = new Dialer(resolver, _metrics, passive: null, time);
        _time = time;
    }

    /// <summary>Creates the series of a cluster's headers and connects at zero, before there are any.</summary>
    /// <param name="cluster">The name of the cluster.</param>
    /// <param name="sourceIp">How its backends learn the client's address.</param>
    public void StartAtZero(string cluster, SourceIpModel sourceIp)
    {
        ArgumentNullException.ThrowIfNull(sourceIp);
        _metrics.StartAtZero(cluster, sourceIp);
    }

    /// <summary>Connects to a destination.</summary>
    /// <param name="destination">The destination.</param>
    /// <param name="dial">How to connect, and for which cluster.</param>
    /// <param name="announced">
    /// The client; null: the gateway itself (a health check). A PROXY header then has the connection's own endpoints.
    /// </param>
    /// <param name="cancellation">Ends all attempts.</param>
    /// <returns>The connection. If the mode is ProxyProtocol, the header has been sent.</returns>
    /// <exception cref="ConnectException">
    /// No address was reached, or the destination has no address, or the client's address cannot be used and the fallback is Reject.
    /// </exception>
    /// <exception cref="OperationCanceledException">The dial was cancelled.</exception>
    public async ValueTask<Socket> ConnectAsync(
        DnsEndPoint destination, SocketDial dial, Announcement? announced, CancellationToken cancellation)
    {
        var connector = new SocketConnector(_ownListeners, _time, cancellation);
        var dialed = await DialAsync(connector, destination, dial, announced, cancellation);
        var socket = dialed.Socket!;
        if (dialed.Mode == SourceIpMode.ProxyProtocol)
        {
            try
            {
                await AnnounceAsync(
                    async header => await socket.SendAsync(header, cancellation), LocalOf(socket), RemoteOf(socket), dial, announced);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }

        return socket;
    }

    /// <summary>As the other method, but an engine's loop dials and carries the connection. The caller continues on the loop.</summary>
    /// <param name="loop">The loop.</param>
    /// <param name="destination">The destination.</param>
    /// <param name="dial">How to connect, and for which cluster.</param>
    /// <param name="announced">The client; null: the gateway itself.</param>
    /// <param name="cancellation">Ends all attempts.</param>
    /// <returns>The connection. If the mode is ProxyProtocol, the header has been sent.</returns>
    /// <exception cref="ConnectException">
    /// No address was reached, or the destination has no address, or the client's address cannot be used and the fallback is Reject.
    /// </exception>
    /// <exception cref="OperationCanceledException">The dial was cancelled.</exception>
    public async ValueTask<TcpConnection> ConnectAsync(
        EngineLoop loop, DnsEndPoint destination, SocketDial dial, Announcement? announced, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(loop);
        var dialed = await DialAsync(loop.CreateConnector(cancellation), destination, dial, announced, cancellation);
        var connection = dialed.Backend!;
        await loop.EnterAsync();
        if (dialed.Mode == SourceIpMode.ProxyProtocol)
        {
            try
            {
                await AnnounceAsync(
                    header => SendAsync(connection, header), connection.LocalEndPoint, connection.RemoteEndPoint, dial, announced);
            }
            catch
            {
                connection.Reset();
                throw;
            }
        }

        return connection;
    }

    /// <summary>
    /// The known addresses of a name; empty: there is no answer yet. If the answer is missing or outdated, the resolver asks for a new
    /// answer in the background.
    /// </summary>
    /// <param name="host">The name.</param>
    /// <param name="port">The port.</param>
    public IPEndPoint[] KnownAddressesOf(string host, int port)
    {
        var asked = _resolver.ResolveAsync(host, port).AsTask();
        return asked.IsCompletedSuccessfully ? asked.Result : [];
    }

    /// <summary>Creates the series of a destination at zero, before anything is counted.</summary>
    public void StartAtZero(string cluster, string destination) => _metrics.StartAtZero(cluster, destination);

    /// <summary>Counts a request that is sent to another destination, because the connect to the last one failed.</summary>
    public void Retrying(string cluster, string destination) => _metrics.Retrying(cluster, destination);

    private ClusterModel ClusterOf(SocketDial dial, string authority)
    {
        if (_destinations.Count >= MostDestinations)
        {
            _destinations.Clear();
        }

        return _destinations.GetOrAdd(
            (dial.Cluster, dial.NameOf?.Invoke(authority) ?? authority, authority, dial.Socket),
            static key =>
            {
                var destination = new TcpDestinationConfig { Address = key.Authority };
                return new ClusterModel(
                    key.Cluster,
                    new TcpClusterConfig
                    {
                        Destinations = new Dictionary<string, TcpDestinationConfig> { [key.Name] = destination },
                        Socket = key.Socket,
                    });
            });
    }

    private ConnectException WhyNot(in DialResult dialed, string host, ConnectionIdentity? client) => dialed.Failure switch
    {
        CloseReason.SourceIpUnusable => new ConnectException(
            CloseReason.SourceIpUnusable,
            SocketError.AddressNotAvailable,
            $"{client?.Client.Address.ToString() ?? "this host"} cannot be the source of a connection to {host}"),
        CloseReason.Self => new ConnectException(CloseReason.Self, dialed.Error, _ownListeners.Describe(dialed.Address!)),
        CloseReason.NoDestination => Because(dialed with { Error = SocketError.HostNotFound }),
        _ => Because(dialed with { FailedAttempts = null }),
    };

    private static ConnectException Because(in DialResult dialed) => new(dialed.Failure!.Value, dialed.Error, dialed.Describe());

    private async ValueTask<DialResult> DialAsync(
        IConnector connector, DnsEndPoint destination, SocketDial dial, Announcement? announced, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentNullException.ThrowIfNull(dial);
        var dialed = await _dialer.DialAsync(_dialer.Begin(new DialRequest
        {
            Connector = connector,
            Client = announced?.Client,
            Cluster = ClusterOf(dial, $"{destination.Host}:{destination.Port}"),
            SourceIp = dial.SourceIp,
            KeepAlive = dial.KeepAlive,
            UserTimeout = dial.UserTimeout,
            NamePatience = RefreshPatience,
        }));
        if (dialed.Failure is not null)
        {
            cancellation.ThrowIfCancellationRequested();
            throw WhyNot(dialed, destination.Host, announced?.Client);
        }

        return dialed;
    }

    private static async ValueTask SendAsync(TcpConnection connection, ReadOnlyMemory<byte> header)
    {
        var sent = await connection.SendAllAsync(header, LongestHeader);
        if (sent.Error != SocketError.Success)
        {
            throw new SocketException((int)sent.Error);
        }
    }

    private static IPEndPoint LocalOf(Socket socket) => (IPEndPoint)socket.LocalEndPoint!;

    private static IPEndPoint RemoteOf(Socket socket) => (IPEndPoint)socket.RemoteEndPoint!;

    private async ValueTask AnnounceAsync(
        Func<ReadOnlyMemory<byte>, ValueTask> send, IPEndPoint local, IPEndPoint remote, SocketDial dial, Announcement? announced)
    {
        var header = ArrayPool<byte>.Shared.Rent(
            announced is null ? OwnHeader.MaxLength : SourceHeader.MaxLength(announced, dial.SourceIp));
        try
        {
            var leftOut = 0;
            var length = announced is null
                ? OwnHeader.Write(header, dial.SourceIp.Version, local, remote)
                : SourceHeader.Write(header, announced, dial.SourceIp, out leftOut);
            _metrics.TlvsLeftOut(dial.Cluster, leftOut);
            await send(header.AsMemory(0, length));
            _metrics.HeaderSent(dial.Cluster, dial.SourceIp.Version);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(header);
        }
    }
}
