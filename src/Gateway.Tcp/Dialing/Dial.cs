using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Gateway.Tcp.Balancing;
using Gateway.Tcp.Clusters;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Health;
using Gateway.Tcp.Names;

namespace Gateway.Tcp.Dialing;

/// <summary>
/// One dial in progress: which destination is next, and how each attempt ended.
/// <para>
/// 1. The destinations of the lowest priority come first. The cluster's policy chooses among them, and again after each failed attempt.
/// 2. Then follow those destinations of the same priority whose names had no answer yet, so that a dead name delays no other destination.
/// 3. Steps 1 and 2 are repeated for each further priority.
/// 4. Last come destinations that passive health checks left out, because connects to them fail; none of them if the cluster refuses
/// connections while every destination is out of use.
/// 5. A destination that has as many connections as it may have is passed over. If no other one of its priority takes the connection, the
/// dial waits for a place, and does not go on to the next priority, because a full destination is not a dead destination.
/// With affinity, a client waits for the name of its own destination nevertheless. Each name is asked once in a dial. IP literals need no
/// name, and cost nothing here.
/// </para>
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
    private TimeSpan _queueLeft = request.Cluster.Queue.Timeout;

    private Task<IPEndPoint[]>?[]? _answers;
    private List<int>? _late;
    private List<int>? _leftOut;
    private List<Share>? _full;
    private DialFailures? _failures;
    private bool _usableOnly;
    private int _tier;
    private int _lateTurn;
    private int _leftOutTurn;

    // Destinations that the policies may not choose: they are not usable, have been tried, or are in one of the lists.
    private IndexSet _closed;
    private bool _isFirst;
    private int _last;
    private DestinationModel? _current;
    private bool _isEntered;
    private AddressOrder? _order;
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

    /// <summary>
    /// The destinations at one of which the dial may wait for a place, after <see cref="TryNext(out int, out Task?)"/> found no other;
    /// empty: the dial is over.
    /// </summary>
    public IReadOnlyList<Share> Full => _full ?? [];

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
        return result.Failure is DialFailure.Destination or DialFailure.Timeout or DialFailure.Tls && _clock?.TryBackOff(out wait) == true;
    }

    /// <summary>
    /// Begins anew with all destinations. Their names are asked again, because a pod that was replaced has another address.
    /// </summary>
    public void BeginAgain()
    {
        Leave();
        _answers = null;
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
    public void Enter(Share place, out int number, out Task? pending)
    {
        number = place.Number;
        _full!.Remove(place);
        (_current, _isEntered, _isTrial, _why) = (request.Cluster.Destinations[number], true, false, null);
        pending = PendingAnswer(number);
    }

    /// <summary>Begins a round, with the usable destinations, or with all of them if none is usable.</summary>
    public void Begin()
    {
        Leave();
        (_tier, _lateTurn, _leftOutTurn, _isFirst, _last) = (0, 0, 0, true, -1);
        _late?.Clear();
        _leftOut?.Clear();
        _full?.Clear();
        _closed.Clear();
        _failures?.BeginRound();
        var cluster = request.Cluster;
        _usableOnly = cluster.HasUsable();
        for (var number = 0; _usableOnly && number < cluster.Destinations.Count; number++)
        {
            if (!cluster.Destinations[number].IsUsable)
            {
                _closed.Add(number);
            }
        }
    }

    /// <summary>Goes on to the next destination.</summary>
    /// <param name="number">The number of the destination.</param>
    /// <param name="pending">The open question for the destination's name, if the dial must wait for the answer.</param>
    /// <returns>False: there is no other destination.</returns>
    public bool TryNext(out int number, out Task? pending)
    {
        Leave();
        for (; _tier < request.Cluster.Tiers.Count; _tier++)
        {
            if (TryChoose(request.Cluster.Tiers[_tier], out number, out pending) || TryNext(_late, ref _lateTurn, out number, out pending))
            {
                return true;
            }

            if (_full is { Count: > 0 })
            {
                return false;
            }
        }

        (number, pending) = (-1, null);
        return !request.Cluster.RejectsWhenAllDown && TryNext(_leftOut, ref _leftOutTurn, out number, out pending);
    }

    /// <summary>Begins with the addresses of the current destination. Its name has an answer by now.</summary>
    public void BeginAddresses(int number, SourceIpMode mode)
    {
        var cluster = request.Cluster;
        var destination = cluster.Destinations[number];
        (_order, _onlyAddress) = (null, destination.Literal?[0] ?? cluster.Original?.AddressFor(request.Client!));
        if (_onlyAddress is not null)
        {
            return;
        }

        var answer = AnswerOf(number).Result;
        _why = answer.Length == 0 ? PassiveHealth.NoAddress : null;
        if (answer.Length > 0)
        {
            _order = new AddressOrder(
                destination.State.Addresses.Of(answer, cluster.AddressPolicy),
                mode == SourceIpMode.Transparent ? request.Client!.Client.AddressFamily : null,
                cluster,
                destination.Health,
                passive);
        }
    }

    /// <summary>Goes on to the next address of the current destination.</summary>
    public bool TryNextAddress([NotNullWhen(true)] out IPEndPoint? address)
    {
        LeaveAddress();
        if (_order is null)
        {
            (address, _onlyAddress) = (_onlyAddress, null);
            return address is not null;
        }

        address = null;
        while (_order.Next() is { IsNone: false } choice)
        {
            if (_order.TryTake(choice) is { } taken)
            {
                (_address, address) = (passive is null ? null : taken, taken.Address);
                return true;
            }
        }

        return false;
    }

    /// <summary>The answer for a destination's name. A dial asks for each name once.</summary>
    public Task<IPEndPoint[]> AnswerOf(int number)
    {
        _answers ??= new Task<IPEndPoint[]>?[request.Cluster.Destinations.Count];
        return _answers[number] ??= resolver.ResolveAsync(request.Cluster.Destinations[number], request.NamePatience).AsTask();
    }

    /// <summary>Notes a failed attempt.</summary>
    public void Note(in DialResult result)
    {
        (_failures ??= new DialFailures()).Add(result);
        IsSourceUnusable |= result.Failure == DialFailure.SourceIp;
        if (result.Failure is DialFailure.Destination or DialFailure.Timeout or DialFailure.Tls
            && (result.Failure == DialFailure.Destination || _clock is not { CutsAttempt: true }))
        {
            var failure = result.Failure == DialFailure.Timeout ? ConnectFailure.Timeout : ConnectFailure.Destination;
            _why = result.Failure == DialFailure.Tls ? "tls" : ConnectLabel.Of(failure, result.Error);
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
        var conclusion = result.Failure is DialFailure.None or DialFailure.Aborted ? result
            : _failures?.LastAsked is { } asked ? asked
            : IsSourceUnusable && request is { FallbackMode: null, Mode: not SourceIpMode.Dnat }
                ? result with { Failure = DialFailure.SourceIp }
            : result;
        Load? load = null;
        if (result.Failure == DialFailure.None && _current is { } reached)
        {
            _address?.Reached();
            passive?.Reached(request.Cluster, reached, _isTrial);
            load = !_isEntered ? null : _address is { } address ? address : reached.State;
            (_current, _address, _isEntered) = (null, null, false);
        }

        Leave();
        NoteLate();
        return conclusion with { Load = load, Attempts = Attempts, FailedAttempts = _failures?.Describe(conclusion) };
    }

    // Chooses among the destinations of a priority. Those that are left out or have no address yet go to the lists.
    private bool TryChoose(BalancingPolicy tier, out int number, out Task? pending)
    {
        var cluster = request.Cluster;
        while (tier.Choose(_closed, request.Client?.Client.Address, _last) is { IsNone: false } choice)
        {
            number = choice.Number;
            var isOwn = _isFirst && cluster.HasAffinity;
            _isFirst = false;
            var isTrial = false;
            if (passive?.HasTurn(cluster, cluster.Destinations[number], out isTrial) == false)
            {
                _closed.Add(number);
                (_leftOut ??= []).Add(number);
                continue;
            }

            pending = PendingAnswer(number);
            if (pending is not null && !isOwn)
            {
                AbandonTrial(number, isTrial);
                _closed.Add(number);
                (_late ??= []).Add(number);
                continue;
            }

            if (TryEnter(choice, isTrial))
            {
                _last = number;
                _closed.Add(number);
                return true;
            }

            AbandonTrial(number, isTrial);
        }

        (number, pending) = (-1, null);
        return false;
    }

    private bool TryNext(List<int>? waiting, ref int turn, out int number, out Task? pending)
    {
        (number, pending) = (-1, null);
        while (waiting is not null && turn < waiting.Count)
        {
            number = waiting[turn++];
            pending = PendingAnswer(number);
            if (TryEnter(new Choice(number), isTrial: false))
            {
                return true;
            }
        }

        (number, pending) = (-1, null);
        return false;
    }

    private void NoteLate()
    {
        for (var i = _lateTurn; passive is not null && i < (_late?.Count ?? 0); i++)
        {
            _ = passive.NoteLateAsync(request.Cluster, request.Cluster.Destinations[_late![i]], AnswerOf(_late[i]));
        }
    }

    private Task<IPEndPoint[]>? PendingAnswer(int number)
    {
        if (request.Cluster.Destinations[number].Literal is not null || request.Cluster.Original is not null)
        {
            return null;
        }

        var answer = AnswerOf(number);
        return answer.IsCompleted ? null : answer;
    }

    private bool TryEnter(Choice choice, bool isTrial)
    {
        var destination = request.Cluster.Destinations[choice.Number];
        var entry = passive is null ? Entry.Entered : Enter(destination.State, choice);
        if (entry == Entry.Full)
        {
            _closed.Add(choice.Number);
            (_full ??= []).Add(new Share(choice.Number, destination.Name, destination.Weight, destination.State));
        }

        if (entry != Entry.Entered)
        {
            return false;
        }

        (_current, _isEntered, _isTrial, _why) = (destination, passive is not null, isTrial, null);
        return true;
    }

    // While others wait for a place, nobody overtakes them.
    private Entry Enter(DestinationState state, Choice choice) =>
        state.Most != Load.Unlimited && request.Cluster.State.Line.Count > 0 ? Entry.Full : state.TryEnter(choice);

    private void AbandonTrial(int number, bool isTrial)
    {
        if (isTrial)
        {
            passive?.AbandonTrial(request.Cluster.Destinations[number]);
        }
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

        if (_isEntered)
        {
            _current!.State.Leave();
        }

        (_current, _isEntered, _isTrial, _why) = (null, false, false, null);
    }
}
