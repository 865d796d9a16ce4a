using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Gateway.Tcp.Clusters;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Health;
using Gateway.Tcp.Identification;
using Gateway.Tcp.Names;
using Gateway.Tcp.SourceIp;

namespace Gateway.Tcp.Dialing;

/// <summary>
/// Opens the connection to a backend. Knows clusters and source-IP modes, nothing of routes.
/// 1. Destinations in turn from a rotating start, those whose names have no answer yet last; of each, its addresses in turn too (<see cref="AddressOrder"/>). Each attempt
/// has the cluster's ConnectTimeout. Those that are left out since connects fail (<see cref="PassiveHealth"/>) come last.
/// 2. In transparent mode only addresses of the client's family that its address can be bound for; a bind that fails is ours and no destination's fault.
/// With Toa only clients that the route has an option for; a SYN without room for it is ours too.
/// 3. A Dnat route's connections are the kernel's: one that arrives here goes to 4 at once.
/// 4. If that reached nobody and some address was left out or could not be bound, the destinations once more as the fallback says.
/// 5. If that reached nobody either, the last destination that was asked is the reason: it says more than a bind of ours that failed.
/// Trying another destination is safe, since nothing has been sent yet.
/// Its state machines are pooled: they were a third of what a connection allocates.
/// </summary>
internal sealed partial class Dialer(HostResolver resolver, IDialObserver observer, PassiveHealth passive, TimeProvider time)
{
    /// <summary>Connects. Nothing is sent: see <see cref="SourceHeader"/>.</summary>
    /// <param name="client">The accepted connection: the backend's is carried by the same engine thread.</param>
    /// <param name="identity">Its client.</param>
    /// <param name="cluster">Where to.</param>
    /// <param name="sourceIp">How the backend learns the client's address.</param>
    /// <param name="keepAlive">Keep-alive of the new connection; null: off.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<DialResult> DialAsync(
        TcpConnection client, ConnectionIdentity identity, ClusterModel cluster, SourceIpModel sourceIp, TcpKeepAlive? keepAlive)
    {
        var attempts = new DialAttempts(client, identity, cluster, sourceIp, keepAlive, cluster.NextStart(identity.Client.Address), passive);
        var result = sourceIp.Mode == SourceIpMode.Dnat ? NotForwarded(attempts) : await DialAllAsync(attempts, sourceIp.Mode);
        if (result.Backend is null && attempts.SourceUnusable && sourceIp.Fallback != SourceIpFallback.Reject && result.Failure is not (DialFailure.Aborted or DialFailure.Resources))
        {
            result = await DialAllAsync(attempts, sourceIp.Fallback == SourceIpFallback.ProxyProtocol ? SourceIpMode.ProxyProtocol : SourceIpMode.None);
        }

        return attempts.Conclude(result);
    }

    // The kernel forwards a Dnat route's connections. One that arrives here could not be: no destination of its family is healthy, or it came from this very machine.
    private static DialResult NotForwarded(DialAttempts attempts)
    {
        attempts.SourceUnusable = true;
        return new DialResult { Failure = attempts.Cluster.HasUsable() ? DialFailure.SourceIp : DialFailure.NoAddress, Mode = SourceIpMode.Dnat };
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<DialResult> DialAllAsync(DialAttempts attempts, SourceIpMode mode)
    {
        var result = new DialResult { Failure = DialFailure.NoAddress, Mode = mode };
        attempts.Begin();
        while (attempts.TryNext(resolver, out var number, out var pending))
        {
            var destination = attempts.Cluster.Destinations[number];
            if (pending is not null && await attempts.Client.WaitForAsync(pending) is not SocketError.Success and var ended)
            {
                return result with { Failure = DialFailure.Aborted, Error = ended };
            }

            foreach (var address in attempts.AddressesOf(number, mode))
            {
                if (!attempts.CanUseSource(mode, address))
                {
                    if (!attempts.SourceUnusable)
                    {
                        attempts.SourceUnusable = true;
                        observer.SourceUnusable(attempts.Cluster.Name, mode);
                    }

                    result = result with { Destination = result.Destination ?? destination, Address = result.Address ?? address };
                    continue;
                }

                if (attempts.IsSpent)
                {
                    return result;
                }

                if (++attempts.Count > 1)
                {
                    observer.Retrying(attempts.Cluster.Name, destination.Name);
                }

                var connected = await ConnectAsync(attempts, destination, address, mode);
                result = new DialResult
                {
                    Backend = connected.Connection,
                    Destination = destination,
                    Address = address,
                    Mode = mode,
                    Failure = Failure(connected.Failure),
                    Error = connected.Error,
                };
                if (result.Failure is DialFailure.None or DialFailure.Aborted)
                {
                    return result;
                }

                attempts.Note(result);
                if (IsOutOfEverything(result))
                {
                    return result;
                }
            }
        }

        return result;
    }

    // Descriptors and memory are missing for every destination; free ports for this one only (EADDRNOTAVAIL and EAGAIN at connect).
    private static bool IsOutOfEverything(in DialResult result) =>
        result.Failure == DialFailure.Resources && result.Error is not (SocketError.AddressNotAvailable or SocketError.WouldBlock);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ConnectResult> ConnectAsync(DialAttempts attempts, DestinationModel destination, IPEndPoint address, SourceIpMode mode)
    {
        var began = time.GetTimestamp();
        var result = await attempts.Client.ConnectAsync(attempts.RequestFor(address, mode));
        observer.Attempted(attempts.Cluster.Name, destination.Name, mode, result.Failure, result.Error, time.GetElapsedTime(began));
        return result;
    }

    private static DialFailure Failure(ConnectFailure failure) => failure switch
    {
        ConnectFailure.None => DialFailure.None,
        ConnectFailure.Timeout => DialFailure.Timeout,
        ConnectFailure.Self => DialFailure.Self,
        ConnectFailure.Bind or ConnectFailure.Option or ConnectFailure.Permission => DialFailure.SourceIp,
        ConnectFailure.Resources => DialFailure.Resources,
        ConnectFailure.Aborted => DialFailure.Aborted,
        _ => DialFailure.Destination,
    };
}
