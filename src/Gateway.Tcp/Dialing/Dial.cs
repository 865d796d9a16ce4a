using System.Net;
using Gateway.Tcp.Clusters;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Health;
using Gateway.Tcp.Names;

namespace Gateway.Tcp.Dialing;

/// <summary>
/// A dial under way: whose turn it is, and what each destination's turn has come to.
/// <para>
/// Destinations take turns from the start; then those whose names have no answer yet, so that a dead name holds up no other; last those
/// that are left out since connects fail. With affinity a client waits for the name of its own destination all the same. A name is asked
/// once in a dial. IP literals need none of this, and cost nothing.
/// </para>
/// <para>
/// Each destination that was tried gets one verdict, whatever the number of its addresses: it failed if none of them took the connection
/// and at least one was to blame for that. Failures of our own (no descriptor, no port, no right, no use of the client's address) say
/// nothing.
/// </para>
/// </summary>
/// <param name="request">What is dialed.</param>
/// <param name="resolver">Knows names.</param>
/// <param name="passive">Gets the verdicts; null: who chose the destination sees to its health.</param>
internal sealed class Dial(DialRequest request, HostResolver resolver, PassiveHealth? passive)
{
    // A client that waits while destination after destination times out has long gone: 16 attempts are 80 s at the default of 5 s.
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

    /// <summary>What is dialed.</summary>
    public DialRequest Request => request;

    /// <summary>How many attempts were begun.</summary>
    public int Attempts { get; set; }

    /// <summary>Whether some address could not be dialed from the client's, or with an option that names it.</summary>
    public bool IsSourceUnusable { get; set; }

    /// <summary>Whether this round has had its attempts.</summary>
    public bool IsSpent => _failures is { } failures && (failures.Asked >= Most || failures.Own >= Most);

    /// <summary>Begins a round at the start, with all destinations, or those that checks have left.</summary>
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
    /// <param name="number">Its number.</param>
    /// <param name="pending">The answer to its name, if that must be waited for.</param>
    /// <returns>False: there is no other.</returns>
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

    /// <summary>The addresses of the destination whose turn it is, and whose name is known by now, in the order of attempts.</summary>
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
        // With affinity the resolver's order: a turn would send a client to another pod each time.
        return AddressOrder.Of(
            addresses,
            mode == SourceIpMode.Transparent ? request.Client!.Client.AddressFamily : null,
            addresses.Length > 1 && !request.Cluster.HasAffinity ? destination.NextTurn() : 0,
            destination.Health);
    }

    /// <summary>The answer to a destination's name, which is asked once.</summary>
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
        if (result.Failure is DialFailure.Destination or DialFailure.Timeout)
        {
            var failure = result.Failure == DialFailure.Timeout ? ConnectFailure.Timeout : ConnectFailure.Destination;
            _why = ConnectLabel.Of(failure, result.Error);
            _wasFromClient = result.Mode == SourceIpMode.Transparent;
        }
    }

    /// <summary>Ends the dial with what its last round has come to: a destination's answer says more than a failure of our own.</summary>
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

    // The destination's turn is over, and it has not been reached.
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
