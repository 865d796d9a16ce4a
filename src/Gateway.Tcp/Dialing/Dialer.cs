using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Gateway.Tcp.Balancing;
using Gateway.Tcp.Clusters;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Health;
using Gateway.Tcp.Names;
using Gateway.Tcp.SourceIp;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Dialing;

/// <summary>
/// Opens the connections to backends, for TCP routes on the client's engine and for HTTP clusters as managed sockets
/// (<see cref="SocketDialer"/>). Knows clusters and source-IP modes, nothing of routes.
/// 1. The dialer tries the destinations one after another as the cluster's policy chooses (<see cref="Dial"/>), and the addresses of each
/// destination one after another too (<see cref="AddressOrder"/>). Each attempt has the cluster's ConnectTimeout.
/// 2. In transparent mode it tries only addresses for which the client's address can be bound. A bind that fails is a failure of the
/// gateway, not of the destination. With Toa it tries only if the route has a TCP option for the client. A SYN without room for the option
/// is a failure of the gateway too.
/// 3. The kernel forwards the connections of a Dnat route. Such a connection that arrives here goes to step 4 at once.
/// 4. If no destination was reached, and some address was skipped or could not be bound, the dialer tries the destinations once more in the
/// mode of the fallback.
/// 5. If no destination was reached again, the result is the failure of the last destination that was asked, because it says more than a
/// failed bind of the gateway.
/// 6. If the cluster's DialTimeout leaves time, all of this is repeated after a short wait.
/// Trying another destination is safe, because nothing has been sent yet.
/// The state machines are pooled, because they were a third of what a connection allocates.
/// </summary>
internal sealed class Dialer(HostResolver resolver, DialMetrics metrics, PassiveHealth? passive, TimeProvider time)
{
    /// <summary>Chooses where a dial starts.</summary>
    public Dial Begin(DialRequest request) => new(request, resolver, passive, time);

    /// <summary>
    /// Finds out whether any destination has an address. The answer is there at once if a destination is an IP literal, or a name with an
    /// answer in the cache. Otherwise all names are asked together, and the first good answer ends the wait. The wait also ends with the
    /// client's connection, and after <see cref="HostResolver.LongestWait"/>, the limit of each question.
    /// </summary>
    /// <returns>Null if there is an address; otherwise NoDestination, NoHealthyDestination, or ClientReset.</returns>
    public ValueTask<CloseReason?> FindAddressAsync(Dial dial) =>
        dial.Request.Cluster is { RejectsWhenAllDown: true } checkedCluster && !checkedCluster.HasUsable()
            ? new(CloseReason.NoHealthyDestination)
        : dial.Request.Cluster is { NeedsNames: false } cluster
            ? new(cluster.Destinations.Count > 0 && !cluster.IsDrained() ? null : CloseReason.NoDestination)
            : AskNamesAsync(dial);

    /// <summary>Connects. Sends nothing: see <see cref="SourceHeader"/>.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<DialResult> DialAsync(Dial dial)
    {
        var request = dial.Request;
        try
        {
            while (true)
            {
                var result = request.Mode == SourceIpMode.Dnat ? NotForwarded(dial) : await DialAllAsync(dial, request.Mode);
                if (dial.IsSourceUnusable && request.FallbackMode is { } fallback
                    && result.Failure is not (null or CloseReason.ClientReset or CloseReason.Resources))
                {
                    result = await DialAllAsync(dial, fallback);
                }

                if (!dial.TryBackOff(result, out var wait))
                {
                    return dial.Conclude(result);
                }

                if (await request.Connector.WaitForAsync(Task.Delay(wait, time)) is not SocketError.Success and var ended)
                {
                    return dial.Conclude(result with { Failure = CloseReason.ClientReset, Error = ended });
                }

                dial.BeginAgain();
            }
        }
        catch
        {
            dial.Abandon();
            throw;
        }
    }

    // The kernel forwards the connections of a Dnat route. It could not forward a connection that arrives here, because no destination of
    // its family is healthy, or because the connection came from this very machine.
    private static DialResult NotForwarded(Dial dial)
    {
        dial.IsSourceUnusable = true;
        var failure = dial.Request.Cluster.HasUsable() ? CloseReason.SourceIpUnusable : CloseReason.NoDestination;
        return new DialResult { Failure = failure, Mode = SourceIpMode.Dnat };
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<DialResult> DialAllAsync(Dial dial, SourceIpMode mode)
    {
        var request = dial.Request;
        var result = new DialResult
        {
            // If nothing is tried below: every destination is left out by passive checks, or none has an address.
            Failure = request.Cluster.RejectsWhenAllDown ? CloseReason.NoHealthyDestination : CloseReason.NoDestination,
            Mode = mode,
        };
        dial.Begin();
        while (dial.TryNext(out var turn) || dial.Full.Count > 0)
        {
            if (turn.Number < 0)
            {
                var (place, failure, why) = await WaitForPlaceAsync(dial);
                if (failure is not null)
                {
                    return result with { Failure = failure, Error = why };
                }

                turn = dial.Enter(place);
            }

            var destination = request.Cluster.Destinations[turn.Number];
            if (turn.Pending is { } pending && await dial.WaitForAsync(pending) is not SocketError.Success and var ended)
            {
                return result with { Failure = CloseReason.ClientReset, Error = ended };
            }

            // A timer may fire a little before the clock says so. Without an answer there are no addresses, and this thread must not wait.
            if (dial.IsOver || turn.Pending is { IsCompleted: false })
            {
                return result with { Failure = CloseReason.BackendConnectTimeout };
            }

            dial.BeginAddresses(turn.Number, mode);
            while (dial.TryNextAddress(out var address))
            {
                if (!request.CanUseSource(mode, address))
                {
                    if (!dial.IsSourceUnusable)
                    {
                        dial.IsSourceUnusable = true;
                        metrics.SourceUnusable(request.Cluster.Name, mode);
                    }

                    result = result with { Destination = result.Destination ?? destination, Address = result.Address ?? address };
                    continue;
                }

                if (dial.IsSpent || dial.IsOver)
                {
                    return result;
                }

                if (dial.Attempts > 0)
                {
                    metrics.Retrying(request.Cluster.Name, destination.Name);
                }

                result = await ConnectAsync(dial, destination, address, mode);
                if (result.Failure is null or CloseReason.ClientReset)
                {
                    return result;
                }

                dial.Note(result);
                if (IsOutOfEverything(result))
                {
                    return result;
                }
            }
        }

        return result;
    }

    // The wait ends with the client's connection, with the drain, and with the time limit of the queue.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<(Share Place, CloseReason? Failure, SocketError Error)> WaitForPlaceAsync(Dial dial)
    {
        var cluster = dial.Request.Cluster;
        var line = cluster.State.Line;
        if (line.TryJoin(dial.Full, dial.QueueLeft > TimeSpan.Zero ? cluster.Queue.MaxLength : 0) is not { } waiter)
        {
            return (default, CloseReason.DestinationLimit, SocketError.Success);
        }

        var began = time.GetTimestamp();
        var ended = waiter.Place.IsCompleted ? SocketError.Success
            : await dial.Request.Connector.WaitForAsync(dial.LimitAsync(waiter.Place, dial.QueueLeft));
        dial.EndWait(began);
        if (line.TryLeave(waiter))
        {
            return (default, ended == SocketError.Success ? CloseReason.DestinationLimit : CloseReason.ClientReset, ended);
        }

        var place = await waiter.Place;
        if (ended != SocketError.Success)
        {
            place.Load.Leave();
            return (default, CloseReason.ClientReset, ended);
        }

        return (place, null, SocketError.Success);
    }

    // Missing descriptors and memory concern every destination, so the dial ends. Missing ports concern this destination only
    // (EADDRNOTAVAIL and EAGAIN at connect).
    private static bool IsOutOfEverything(in DialResult result) =>
        result.Failure == CloseReason.Resources && result.Error is not (SocketError.AddressNotAvailable or SocketError.WouldBlock);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<DialResult> ConnectAsync(
        Dial dial, DestinationModel destination, IPEndPoint address, SourceIpMode mode)
    {
        var request = dial.Request;
        var began = time.GetTimestamp();
        var connected = await request.Connector.ConnectAsync(request.To(address, mode, dial.BeginAttempt()));
        var took = time.GetElapsedTime(began);
        metrics.Attempted(request.Cluster.Name, destination.Name, mode, connected.Failure, connected.Error, took);
        if (DialMetrics.SaysSomethingOfTheDestination(connected.Failure))
        {
            destination.State.Connects.Count(took, isFault: connected.Failure != ConnectFailure.None);
        }

        var result = new DialResult
        {
            Backend = connected.Connection,
            Socket = connected.Socket,
            Destination = destination,
            Address = address,
            ConnectTime = took,
            Mode = mode,
            Failure = connected.Failure.Reason(),
            Error = connected.Error,
        };
        return request.Opening is { } opening && connected.Connection is { } backend
            ? await OpenAsync(opening, dial, backend, destination, result)
            : result;
    }

    private async ValueTask<DialResult> OpenAsync(
        IConnectionOpening opening, Dial dial, TcpConnection backend, DestinationModel destination, DialResult connected)
    {
        var opened = await opening.OpenAsync(dial, backend, destination, connected.Mode);
        if (opened.Failure is null)
        {
            return connected;
        }

        backend.Reset();
        if (opened.Failure != CloseReason.ClientReset)
        {
            metrics.Failed(dial.Request.Cluster.Name, destination.Name);
        }

        return connected with { Backend = null, Failure = opened.Failure, Error = opened.Error, Why = opened.Why };
    }

    private async ValueTask<CloseReason?> AskNamesAsync(Dial dial)
    {
        var cluster = dial.Request.Cluster;
        var usableOnly = cluster.HasUsable();
        for (var number = 0; number < cluster.Destinations.Count; number++)
        {
            if (cluster.Destinations[number] is { Literal: not null } literal && literal.MayBeTried(usableOnly))
            {
                return null;
            }
        }

        List<Task<IPEndPoint[]>>? open = null;
        for (var number = 0; number < cluster.Destinations.Count; number++)
        {
            if (!cluster.Destinations[number].MayBeTried(usableOnly))
            {
                continue;
            }

            var answer = dial.AnswerOf(number);
            if (!answer.IsCompleted)
            {
                (open ??= []).Add(answer);
            }
            else if (answer.Result.Length > 0)
            {
                return null;
            }
        }

        if (open is not null)
        {
            var found = FindAnyAsync(open);
            if (await dial.WaitForAsync(found) != SocketError.Success)
            {
                return CloseReason.ClientReset;
            }

            if (!found.IsCompleted || found.Result)
            {
                return found.IsCompleted ? null : CloseReason.NoDestination;
            }
        }

        foreach (var destination in cluster.Destinations.Where(one => one.Source is null && one.MayBeTried(usableOnly)))
        {
            passive?.Failed(cluster, destination, isTrial: false, PassiveHealth.NoAddress);
        }

        return CloseReason.NoDestination;
    }

    private static async Task<bool> FindAnyAsync(List<Task<IPEndPoint[]>> questions)
    {
        await foreach (var answer in Task.WhenEach(questions))
        {
            if (answer.Result.Length > 0)
            {
                return true;
            }
        }

        return false;
    }
}
