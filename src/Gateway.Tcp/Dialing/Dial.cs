using System.Net;
using Gateway.Tcp.Clusters;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Health;
using Gateway.Tcp.Names;

namespace Gateway.Tcp.Dialing;

/// <summary>
/// One dial in progress: which destination is next, and how each attempt ended.
/// <para>
/// 1. Destinations are tried in order from the start of this dial.
/// 2. Then follow destinations whose names had no answer yet, so that a dead name delays no other destination.
/// 3. Last come destinations that passive health checks left out, because connects to them fail.
/// With affinity, a client waits for the name of its own destination nevertheless. Each name is asked once in a dial. IP literals need no
/// name, and cost nothing here.
/// </para>
/// <para>
/// Each destination that was tried gets one verdict, whatever the number of its addresses: the destination failed if no address took the
/// connection and at least one address was to blame. Failures of the gateway (no descriptor, no port, no right, the client's address
/// cannot be the source) say nothing about the destination.
/// </para>
/// </summary>
/// <param name="request">The client and the cluster.</param>
/// <param name="resolver">Resolves names.</param>
/// <param name="passive">Gets the verdicts; null: the caller chose the destination, and watches its health itself.</param>
internal sealed class Dial(DialRequest request, HostResolver resolver, PassiveHealth? passive)
{
    // 16 attempts last 80 s at the default ConnectTimeout of 5 s. No client waits longer than that.
    private const int Most = 16;

    private readonly int _start = request.Client is { } client ? request.Cluster.NextStart(client.Client.Address) : 0;
    private Task<IPEndPoint[]>?[]? _answers;
    private List<int>? _late;
    private List<int>? _leftOut;
    private DialFailures? _failures;
    private bool _usableOnly;
    private int _turn;
    private int _lateTurn;
    private int _leftOutTurn;
    private DestinationModel? _current;
    private string? _why;
    private bool _isTrial;
    private bool _wasFromClient;

    /// <summary>The client and the cluster.</summary>
    public DialRequest Request => request;

    /// <summary>The number of attempts that were begun.</summary>
    public int Attempts { get; set; }

    /// <summary>Whether some address could not be dialed from the client's address, or with a TCP option that names the client.</summary>
    public bool IsSourceUnusable { get; set; }

    /// <summary>Whether this round has used up its attempts.</summary>
    public bool IsSpent => _failures is { } failures && (failures.Asked >= Most || failures.Own >= Most);

    /// <summary>Begins a round, with the usable destinations, or with all of them if none is usable.</summary>
    public void Begin()
    {
        Leave();
        (_turn, _lateTurn, _leftOutTurn) = (0, 0, 0);
        _late?.Clear();
        _leftOut?.Clear();
        _failures?.BeginRound();
        _usableOnly = request.Cluster.HasUsable();
    }

    /// <summary>Goes on to the next destination.</summary>
    /// <param name="number">The number of the destination.</param>
    /// <param name="pending">The open question for the destination's name, if the dial must wait for the answer.</param>
    /// <returns>False: there is no other destination.</returns>
    public bool TryNext(out int number, out Task? pending)
    {
        Leave();
        var cluster = request.Cluster;
        while (_turn < cluster.Destinations.Count)
        {
            var isFirst = _turn == 0;
            number = (_start + _turn++) % cluster.Destinations.Count;
            var destination = cluster.Destinations[number];
            if (_usableOnly && !destination.IsUsable)
            {
                continue;
            }

            var isTrial = false;
            if (passive?.HasTurn(cluster, destination, out isTrial) == false)
            {
                (_leftOut ??= []).Add(number);
                continue;
            }

            Enter(number, isTrial);
            pending = PendingAnswer(number);
            if (pending is null || (isFirst && cluster.HasAffinity))
            {
                return true;
            }

            Leave();
            (_late ??= []).Add(number);
        }

        if (TryNext(_late, ref _lateTurn, out number) || TryNext(_leftOut, ref _leftOutTurn, out number))
        {
            Enter(number, isTrial: false);
            pending = PendingAnswer(number);
            return true;
        }

        pending = null;
        return false;
    }

    /// <summary>The addresses of the current destination, in the order of attempts. Its name has an answer by now.</summary>
    public IPEndPoint[] AddressesOf(int number, SourceIpMode mode)
    {
        var destination = request.Cluster.Destinations[number];
        if (destination.Literal is { } literal)
        {
            return literal;
        }

        if (request.Cluster.Original is { } original)
        {
            return [original.AddressFor(request.Client!)];
        }

        var addresses = AnswerOf(number).Result;
        _why = addresses.Length == 0 ? PassiveHealth.NoAddress : null;
        // With affinity the addresses stay in the resolver's order, because a rotating start would send a client to another pod each time.
        return AddressOrder.Of(
            addresses,
            mode == SourceIpMode.Transparent ? request.Client!.Client.AddressFamily : null,
            addresses.Length > 1 && !request.Cluster.HasAffinity ? destination.NextTurn() : 0,
            destination.Health);
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
        if (result.Failure is DialFailure.Destination or DialFailure.Timeout or DialFailure.Tls)
        {
            var failure = result.Failure == DialFailure.Timeout ? ConnectFailure.Timeout : ConnectFailure.Destination;
            _why = result.Failure == DialFailure.Tls ? "tls" : ConnectLabel.Of(failure, result.Error);
            _wasFromClient = result.Mode == SourceIpMode.Transparent;
        }
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
        if (result.Failure == DialFailure.None && _current is { } reached)
        {
            passive?.Reached(request.Cluster, reached, _isTrial);
            _current = null;
        }

        Leave();
        NoteLate();
        return conclusion with { Attempts = Attempts, FailedAttempts = _failures?.Describe(conclusion) };
    }

    private static bool TryNext(List<int>? waiting, ref int turn, out int number)
    {
        number = waiting is not null && turn < waiting.Count ? waiting[turn++] : -1;
        return number >= 0;
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

    private void Enter(int number, bool isTrial) => (_current, _isTrial, _why) = (request.Cluster.Destinations[number], isTrial, null);

    // Ends the turn of a destination that was not reached.
    private void Leave()
    {
        if (_current is { } destination && _why is not null)
        {
            passive?.Failed(request.Cluster, destination, _isTrial, _why, _wasFromClient ? request.Client!.Client.Address : null);
        }
        else if (_current is { } untold && _isTrial)
        {
            passive?.AbandonTrial(untold);
        }

        (_current, _isTrial, _why) = (null, false, null);
    }
}
