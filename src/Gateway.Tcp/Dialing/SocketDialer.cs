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

namespace Gateway.Tcp.Dialing;

/// <summary>
/// Opens connections to backends as managed sockets, for whoever speaks the protocol on them itself (HTTP), in the way of TCP routes
/// (<see cref="Dialer"/>). The destination has been chosen: its addresses are what a dial has to choose from. Where a PROXY header is to
/// tell of the client, the header has been sent as the very first bytes. Safe from any thread.
/// </summary>
public sealed class SocketDialer
{
    // These connections are opened seldom and then used for many requests: an answer that has become old would be followed for all of
    // them. A name server answers within this time.
    private static readonly TimeSpan RefreshPatience = TimeSpan.FromMilliseconds(500);

    // Destinations come from configuration: a bound against many reloads.
    private const int MostDestinations = 4096;

    // Clusters of one destination: where the next connection starts among its addresses is all that they keep.
    private readonly ConcurrentDictionary<(string Cluster, string Name, string Authority), ClusterModel> _destinations = new();
    private readonly OwnListeners _ownListeners;
    private readonly HostResolver _resolver;
    private readonly DialMetrics _metrics;
    private readonly Dialer _dialer;
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
        _metrics = new DialMetrics(meters);
        _dialer = new Dialer(resolver, _metrics, passive: null, time);
        _time = time;
    }

    /// <summary>The series of a cluster's headers and connects, at zero before there are any.</summary>
    /// <param name="cluster">Its name.</param>
    /// <param name="sourceIp">What its backends learn.</param>
    public void StartAtZero(string cluster, SourceIpModel sourceIp)
    {
        ArgumentNullException.ThrowIfNull(sourceIp);
        _metrics.StartAtZero(cluster, sourceIp);
    }

    /// <summary>Connects.</summary>
    /// <param name="destination">Where to.</param>
    /// <param name="dial">How, and for which cluster.</param>
    /// <param name="announced">For whom; null: for ourselves (a health check): a header has the connection's own endpoints.</param>
    /// <param name="cancellation">Ends all attempts.</param>
    /// <returns>The connection. If there is to be a header, it has been sent.</returns>
    /// <exception cref="SourceUnusableException">The client's address cannot be used, and the fallback is Reject.</exception>
    /// <exception cref="ConnectException">No address was reached, or there is none.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async ValueTask<Socket> ConnectAsync(
        DnsEndPoint destination, SocketDial dial, Announcement? announced, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentNullException.ThrowIfNull(dial);
        var dialed = await _dialer.DialAsync(_dialer.Begin(new DialRequest
        {
            Connector = new SocketConnector(_ownListeners, _time, cancellation),
            Client = announced?.Client,
            Cluster = ClusterOf(dial, $"{destination.Host}:{destination.Port}"),
            SourceIp = dial.SourceIp,
            KeepAlive = dial.KeepAlive,
            NamePatience = RefreshPatience,
        }));
        if (dialed.Socket is not { } socket)
        {
            cancellation.ThrowIfCancellationRequested();
            throw WhyNot(dialed, destination.Host, announced?.Client);
        }

        return dialed.Mode == SourceIpMode.ProxyProtocol ? await AnnounceAsync(socket, dial, announced, cancellation) : socket;
    }

    /// <summary>
    /// The addresses of a name as far as they are known; empty: not yet. What is not known or has become old is asked for in the
    /// background.
    /// </summary>
    /// <param name="host">The name.</param>
    /// <param name="port">The port.</param>
    public IPEndPoint[] KnownAddressesOf(string host, int port)
    {
        var asked = _resolver.ResolveAsync(host, port).AsTask();
        return asked.IsCompletedSuccessfully ? asked.Result : [];
    }

    /// <summary>The series of a destination that may be dialed, before anything is counted.</summary>
    public void StartAtZero(string cluster, string destination) => _metrics.StartAtZero(cluster, destination);

    private ClusterModel ClusterOf(SocketDial dial, string authority)
    {
        if (_destinations.Count >= MostDestinations)
        {
            _destinations.Clear();
        }

        return _destinations.GetOrAdd(
            (dial.Cluster, dial.NameOf?.Invoke(authority) ?? authority, authority),
            static key =>
            {
                var destination = new TcpDestinationConfig { Address = key.Authority };
                return new ClusterModel(
                    key.Cluster,
                    new TcpClusterConfig { Destinations = new Dictionary<string, TcpDestinationConfig> { [key.Name] = destination } });
            });
    }

    private Exception WhyNot(in DialResult dialed, string host, ConnectionIdentity? client) => dialed.Failure switch
    {
        DialFailure.SourceIp => new SourceUnusableException(
            $"{client?.Client.Address.ToString() ?? "this host"} cannot be the source of a connection to {host}"),
        DialFailure.Self => new ConnectException(dialed.Failure, dialed.Error, _ownListeners.Describe(dialed.Address!)),
        DialFailure.NoAddress => Because(dialed with { Error = SocketError.HostNotFound }),
        _ => Because(dialed with { FailedAttempts = null }),
    };

    private static ConnectException Because(in DialResult dialed) => new(dialed.Failure, dialed.Error, dialed.Describe());

    private async ValueTask<Socket> AnnounceAsync(Socket socket, SocketDial dial, Announcement? announced, CancellationToken cancellation)
    {
        var header = ArrayPool<byte>.Shared.Rent(
            announced is null ? OwnHeader.MaxLength : SourceHeader.MaxLength(announced, dial.SourceIp));
        try
        {
            var leftOut = 0;
            var length = announced is null
                ? OwnHeader.Write(header, dial.SourceIp.Version, socket)
                : SourceHeader.Write(header, announced, dial.SourceIp, out leftOut);
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
}
