using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Gateway.Tcp.Balancing;
using Gateway.Tcp.Clusters;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Health;
using Gateway.Tcp.Names;
using Gateway.Tcp.Telemetry;

namespace Gateway.Tcp.Dialing;

/// <summary>
/// One dial in progress: how each attempt ended, and how much time is left. <see cref="DestinationOrder"/> says which destination is next,
/// and <see cref="AddressOrder"/> which of its addresses.
/// <para>
/// Each destination that was tried gets one verdict, whatever the number of its addresses: the destination failed if no address took the
/// connection and at least one address was to blame. Failures of the gateway (no descriptor, no port, no right, the client's address
/// cannot be the source) say nothing about the destination.
/// </para>
/// <para>
/// The destination and the address that are tried count the dial as a connection (<see cref="Load"/>). If one is reached, the result has
/// the <see cref="Load"/>, and the connection goes on to count.
/// </para>
/// </summary>
/// <param name="request">The client and the cluster.</param>
/// <param name="resolver">Resolves names.</param>
/// <param name="passive">
/// Gets the verdicts; null: the caller chose the destination, watches its health and counts its connections itself.
/// </param>
/// <param name="time">The clock.</param>
internal sealed class Dial(DialRequest request, HostResolver resolver, PassiveHealth? passive, TimeProvider time)
{
    // 16 attempts last 80 s at the default ConnectTimeout of 5 s. No client waits longer than that.
    private const int Most = 16;

    private readonly DialClock? _clock = request.Cluster.DialTimeout is { } limit ? new DialClock(limit, time) : null;
    private readonly DestinationOrder _destinations = new(request, resolver, passive);

    private TimeSpan _queueLeft = request.Cluster.Queue.Timeout;
    private DialFailures? _failures;
    private DestinationModel? _current;
    private AddressOrder? _addresses;
    private IPEndPoint? _onlyAddress;
    private AddressState? _address;
    private string? _why;
    private bool _isTrial;
    private bool _wasFromClient;

    /// <summary>The client and the cluster.</summary>
    public DialRequest Request => request;

    // The address from which the destination was asked last, if it was the client's.
    private IPAddress? Source => _wasFromClient ? request.Client!.Client.Address : null;

    /// <summary>The number of attempts that were begun.</summary>
    public int Attempts { get; set; }

    /// <summary>Whether some address could not be dialed from the client's address, or with a TCP option that names the client.</summary>
    public bool IsSourceUnusable { get; set; }

    /// <summary>Whether this round has used up its attempts.</summary>
    public bool IsSpent => _failures is { } failures && (failures.Asked >= Most || failures.Own >= Most);

    /// <inheritdoc cref="DestinationOrder.Full"/>
    public IReadOnlyList<Share> Full => _destinations.Full;

    /// <summary>How long the dial may still wait for places.</summary>
    public TimeSpan QueueLeft => _queueLeft;

    /// <summary>Whether the cluster's DialTimeout is over.</summary>
    public bool IsOver => _clock is { IsOver: true };

    /// <summary>How long a step of the dial may take: not longer than the cluster's DialTimeout allows.</summary>
    public TimeSpan Left(TimeSpan step) => _clock?.Left(step) ?? step;

    /// <summary>Waits for a task, but not longer than the cluster's DialTimeout allows.</summary>
    /// <returns>Success if the task or the time ended; otherwise why the client's connection ended.</returns>
    public ValueTask<SocketError> WaitForAsync(Task task) =>
        request.Connector.WaitForAsync(_clock is null ? task : LimitAsync(task, _clock.Left()));

    /// <summary>Waits for a task for some time.</summary>
    public async Task LimitAsync(Task task, TimeSpan limit) =>
        await task.WaitAsync(limit, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    /// <summary>Begins an attempt.</summary>
    /// <returns>How long it may take.</returns>
    public TimeSpan BeginAttempt()
    {
        Attempts++;
        return _clock?.BeginAttempt(request.Cluster.ConnectTimeout) ?? request.Cluster.ConnectTimeout;
    }

    /// <summary>
    /// Whether all destinations are to be tried again: they failed, nothing was sent, and the cluster's DialTimeout leaves time.
    /// </summary>
    /// <param name="result">The result of the last round.</param>
    /// <param name="wait">How long to wait before.</param>
    public bool TryBackOff(in DialResult result, out TimeSpan wait)
    {
        wait = default;
        return result.Failure?.MayTryAnother() == true && _clock?.TryBackOff(out wait) == true;
    }

    /// <summary>Begins anew with all destinations. Their names are asked again.</summary>
    public void BeginAgain()
    {
        Leave();
        _destinations.AskAgain();
        _failures?.BeginAgain();
    }

    /// <summary>Ends a wait for a place. The wait takes nothing from the cluster's DialTimeout.</summary>
    /// <param name="began">When the wait began.</param>
    public void EndWait(long began)
    {
        _queueLeft -= time.GetElapsedTime(began);
        _clock?.SkipSince(began);
    }

    /// <summary>Goes on to a destination that has given the dial a place.</summary>
    public DestinationTurn Enter(Share place) => BeginTurn(_destinations.Enter(place));

    /// <summary>Begins a round with all destinations.</summary>
    public void Begin()
    {
        Leave();
        _destinations.Begin();
        _failures?.BeginRound();
    }

    /// <summary>Goes on to the next destination.</summary>
    /// <returns>False: there is no other destination.</returns>
    public bool TryNext(out DestinationTurn turn)
    {
        Leave();
        if (!_destinations.TryNext(out turn))
        {
            return false;
        }

        BeginTurn(turn);
        return true;
    }

    /// <summary>Begins with the addresses of the current destination. Its name has an answer by now.</summary>
    public void BeginAddresses(int number, SourceIpMode mode)
    {
        var cluster = request.Cluster;
        var destination = cluster.Destinations[number];
        (_addresses, _onlyAddress) = (null, destination.Literal?[0] ?? cluster.Original?.AddressFor(request.Client!));
        if (_onlyAddress is not null)
        {
            return;
        }

        var answer = _destinations.AnswerOf(number).Result;
        // A source that has no address says so at once and knows it, so the next dial may ask again.
        _why = answer.Length == 0 && destination.Source is null ? PassiveHealth.NoAddress : null;
        if (answer.Length > 0)
        {
            _addresses = new AddressOrder(
                cluster.AddressesOf(destination, answer),
                mode == SourceIpMode.Transparent ? request.Client!.Client.AddressFamily : null,
                cluster,
                destination.Health,
                passive,
                request.Client?.Client.Address,
                leavesGone: destination.Source is not null);
        }
    }

    /// <summary>Goes on to the next address of the current destination.</summary>
    public bool TryNextAddress([NotNullWhen(true)] out IPEndPoint? address)
    {
        LeaveAddress();
        if (_addresses is null)
        {
            (address, _onlyAddress) = (_onlyAddress, null);
            return address is not null;
        }

        address = null;
        while (_addresses.Next() is { IsNone: false } choice)
        {
            if (_addresses.TryTake(choice) is { } taken)
            {
                (_address, address) = (passive is null ? null : taken, taken.Address);
                return true;
            }
        }

        return false;
    }

    /// <inheritdoc cref="DestinationOrder.AnswerOf"/>
    public Task<IPEndPoint[]> AnswerOf(int number) => _destinations.AnswerOf(number);

    /// <summary>Notes a failed attempt.</summary>
    public void Note(in DialResult result)
    {
        (_failures ??= new DialFailures()).Add(result);
        IsSourceUnusable |= result.Failure == CloseReason.SourceIpUnusable;
        if (result.Failure is { } reason && reason.BlamesDestination()
            && (result.Failure == CloseReason.BackendConnectFailed || _clock is not { CutsAttempt: true }))
        {
            var failure = result.Failure == CloseReason.BackendConnectTimeout ? ConnectFailure.Timeout : ConnectFailure.Destination;
            _why = result.Failure == CloseReason.BackendTls ? "tls" : ConnectLabel.Of(failure, result.Error);
            _wasFromClient = result.Mode == SourceIpMode.Transparent;
            if (_address is { } address)
            {
                passive?.Failed(request.Cluster, _current!, address, _why, Source);
            }
        }
    }

    /// <summary>Ends the dial because of a fault of the gateway: nothing counts any more.</summary>
    public void Abandon()
    {
        _why = null;
        Leave();
    }

    /// <summary>
    /// Ends the dial with the result of its last round. If any destination failed, that failure is the result, because it says more than a
    /// failure of the gateway.
    /// </summary>
    public DialResult Conclude(in DialResult result)
    {
        var conclusion = result.Failure is null or CloseReason.ClientReset ? result
            : _failures?.LastAsked is { } asked ? asked
            : IsSourceUnusable && request is { FallbackMode: null, Mode: not SourceIpMode.Dnat }
                ? result with { Failure = CloseReason.SourceIpUnusable }
            : result;
        Load? load = null;
        if (result.Failure is null && _current is { } reached)
        {
            _address?.Reached();
            passive?.Reached(request.Cluster, reached, _isTrial);
            load = passive is null ? null : _address is { } address ? address : reached.State;
            (_current, _address) = (null, null);
        }

        Leave();
        _destinations.NoteLate();
        return conclusion with { Load = load, Attempts = Attempts, FailedAttempts = _failures?.Describe(conclusion) };
    }

    // A failure of the destination before says nothing about this one.
    private DestinationTurn BeginTurn(DestinationTurn turn)
    {
        (_current, _isTrial, _why, _wasFromClient) = (request.Cluster.Destinations[turn.Number], turn.IsTrial, null, false);
        return turn;
    }

    private void LeaveAddress()
    {
        _address?.Leave();
        _address = null;
    }

    // Ends the turn of a destination that was not reached.
    private void Leave()
    {
        LeaveAddress();
        if (_current is { } destination && _why is not null)
        {
            passive?.Failed(request.Cluster, destination, _isTrial, _why, Source);
        }
        else if (_current is { } untold && _isTrial)
        {
            passive?.AbandonTrial(untold);
        }

        if (passive is not null)
        {
            _current?.State.Leave();
        }

        (_current, _isTrial, _why) = (null, false, null);
    }
}
