using System.Net;
using System.Net.Sockets;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Identification;

namespace Gateway.Tcp.Dialing;

/// <summary>
/// Opens the connection to a backend. Knows clusters and source-IP modes, nothing of routes.
/// 1. Destinations in turn from a rotating start; of each, its addresses in the resolver's order. Each attempt has the cluster's ConnectTimeout.
/// 2. In transparent mode only addresses of the client's family that its address can be bound for; a bind that fails is ours and no destination's fault.
/// With Toa only clients that the route has an option for; a SYN without room for it is ours too.
/// 3. A Dnat route's connections are the kernel's: one that arrives here goes to 4 at once.
/// 4. If that reached nobody and some address was left out or could not be bound, the destinations once more as the fallback says.
/// Trying another destination is safe, since nothing has been sent yet.
/// </summary>
internal sealed class Dialer(HostResolver resolver, IDialObserver observer, TimeProvider time)
{
    // A client that waits while destination after destination times out has long gone: 16 attempts are 80 s at the default of 5 s.
    private const int MostAttempts = 16;

    // A headless service resolves to every pod: four of them tell enough about a destination.
    private const int MostAddresses = 4;

    /// <summary>Whether any destination has an address. Asks the resolver, whose cache the dial then uses.</summary>
    public ValueTask<bool> HasAddressAsync(ClusterModel cluster) => cluster.NeedsNames ? ResolveAnyAsync(cluster) : new(cluster.Destinations.Count > 0);

    /// <summary>Connects. Nothing is sent: see <see cref="SourceHeader"/>.</summary>
    /// <param name="client">The accepted connection: the backend's is carried by the same engine thread.</param>
    /// <param name="identity">Its client.</param>
    /// <param name="cluster">Where to.</param>
    /// <param name="sourceIp">How the backend learns the client's address.</param>
    /// <param name="keepAlive">Keep-alive of the new connection; null: off.</param>
    public async ValueTask<DialResult> DialAsync(
        TcpConnection client, ConnectionIdentity identity, ClusterModel cluster, SourceIpModel sourceIp, TcpKeepAlive? keepAlive)
    {
        var attempt = new DialAttempts(client, identity, cluster, sourceIp, keepAlive);
        var start = cluster.NextStart(identity.Client.Address);
        var result = sourceIp.Mode == SourceIpMode.Dnat ? NotForwarded(attempt) : await DialAllAsync(attempt, start, sourceIp.Mode);
        if (result.Backend is not null || !attempt.SourceUnusable || result.Failure is DialFailure.Aborted or DialFailure.Resources)
        {
            return result;
        }

        return sourceIp.Fallback switch
        {
            SourceIpFallback.ProxyProtocol => await DialAllAsync(attempt, start, SourceIpMode.ProxyProtocol),
            SourceIpFallback.None => await DialAllAsync(attempt, start, SourceIpMode.None),
            _ when attempt.Tried || sourceIp.Mode == SourceIpMode.Dnat => result,
            _ => result with { Failure = DialFailure.SourceIp },
        };
    }

    private async ValueTask<bool> ResolveAnyAsync(ClusterModel cluster)
    {
        foreach (var destination in cluster.Destinations)
        {
            if ((await resolver.ResolveAsync(destination)).Length > 0)
            {
                return true;
            }
        }

        return false;
    }

    // The kernel forwards a Dnat route's connections. One that arrives here could not be: no destination of its family is healthy, or it came from this very machine.
    private static DialResult NotForwarded(DialAttempts attempts)
    {
        attempts.SourceUnusable = true;
        return new DialResult { Failure = attempts.Cluster.HasUsable() ? DialFailure.SourceIp : DialFailure.NoAddress, Mode = SourceIpMode.Dnat };
    }

    private async ValueTask<DialResult> DialAllAsync(DialAttempts attempts, int start, SourceIpMode mode)
    {
        var result = new DialResult { Failure = DialFailure.NoAddress, Mode = mode };
        var destinations = attempts.Cluster.Destinations;
        var usableOnly = attempts.Cluster.HasUsable();
        for (var i = 0; i < destinations.Count; i++)
        {
            var destination = destinations[(start + i) % destinations.Count];
            if (usableOnly && !destination.IsUsable)
            {
                continue;
            }

            var addresses = attempts.Cluster.Original is { } original ? [original.AddressFor(attempts.Identity)] : await resolver.ResolveAsync(destination);
            // The answer of a name server comes on a thread of its own; back on the engine's this costs nothing.
            await attempts.Client.EnterAsync();

            for (var j = 0; j < Math.Min(addresses.Length, MostAddresses); j++)
            {
                if (!attempts.CanUseSource(mode, addresses[j]))
                {
                    if (!attempts.SourceUnusable)
                    {
                        attempts.SourceUnusable = true;
                        observer.SourceUnusable(attempts.Cluster.Name, mode);
                    }

                    result = result with { Destination = result.Destination ?? destination, Address = result.Address ?? addresses[j] };
                    continue;
                }

                if (attempts.Count++ >= MostAttempts)
                {
                    return result;
                }

                if (attempts.Count > 1)
                {
                    observer.Retrying(attempts.Cluster.Name);
                }

                var connected = await ConnectAsync(attempts, addresses[j], mode);
                result = new DialResult
                {
                    Backend = connected.Connection,
                    Destination = destination,
                    Address = addresses[j],
                    Mode = mode,
                    Failure = Failure(connected.Failure),
                    Error = connected.Error,
                };
                if (result.Failure is DialFailure.None or DialFailure.Aborted || IsOutOfEverything(result))
                {
                    return result;
                }

                attempts.Note(connected.Failure);
            }
        }

        return result;
    }

    // Descriptors and memory are missing for every destination; free ports for this one only (EADDRNOTAVAIL and EAGAIN at connect).
    private static bool IsOutOfEverything(in DialResult result) =>
        result.Failure == DialFailure.Resources && result.Error is not (SocketError.AddressNotAvailable or SocketError.WouldBlock);

    private async ValueTask<ConnectResult> ConnectAsync(DialAttempts attempts, IPEndPoint address, SourceIpMode mode)
    {
        var began = time.GetTimestamp();
        var result = await attempts.Client.ConnectAsync(attempts.RequestFor(address, mode));
        observer.Attempted(attempts.Cluster.Name, mode, result.Failure, result.Error, time.GetElapsedTime(began));
        return result;
    }

    private static DialFailure Failure(ConnectFailure failure) => failure switch
    {
        ConnectFailure.None => DialFailure.None,
        ConnectFailure.Timeout => DialFailure.Timeout,
        ConnectFailure.Bind or ConnectFailure.Option or ConnectFailure.Permission => DialFailure.SourceIp,
        ConnectFailure.Resources => DialFailure.Resources,
        ConnectFailure.Aborted => DialFailure.Aborted,
        _ => DialFailure.Destination,
    };
}
