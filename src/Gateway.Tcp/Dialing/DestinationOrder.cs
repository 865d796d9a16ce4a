using System.Net;
using Gateway.Tcp.Balancing;
using Gateway.Tcp.Clusters;
using Gateway.Tcp.Health;
using Gateway.Tcp.Names;

namespace Gateway.Tcp.Dialing;

/// <summary>
/// The order in which a dial tries the destinations of its cluster:
/// 1. The destinations of the lowest priority come first. The cluster's policy chooses among them, and again after each failed attempt.
/// 2. Then follow those destinations of the same priority whose names had no answer yet, so that a dead name delays no other destination.
/// 3. Steps 1 and 2 are repeated for each further priority.
/// 4. Last come destinations that passive health checks left out, because connects to them fail; none of them if the cluster refuses
/// connections while every destination is out of use.
/// 5. A destination that has as many connections as it may have is passed over. If no other one of its priority takes the connection, the
/// dial waits for a place, and does not go on to the next priority, because a full destination is not a dead destination.
/// With affinity, a client waits for the name of its own destination nevertheless. Each name is asked once in a dial. IP literals need no
/// name, and cost nothing here. <see cref="AddressOrder"/> orders the addresses of a destination.
/// </summary>
/// <param name="request">The client and the cluster.</param>
/// <param name="resolver">Resolves names.</param>
/// <param name="passive">Knows the destinations that are left out; null: none is, and nobody counts connections.</param>
internal sealed class DestinationOrder(DialRequest request, HostResolver resolver, PassiveHealth? passive)
{
    private Task<IPEndPoint[]>?[]? _answers;
    private List<int>? _late;
    private List<int>? _leftOut;
    private List<Share>? _full;
    private int _tier;
    private int _lateTurn;
    private int _leftOutTurn;

    // Destinations that the policies may not choose: they are not usable, have been tried, or are in one of the lists.
    private IndexSet _closed;
    private bool _isFirst;
    private int _last;

    /// <summary>
    /// The destinations at one of which the dial may wait for a place, after the others have had their turns; empty: there is none.
    /// </summary>
    public IReadOnlyList<Share> Full => _full ?? [];

    /// <summary>Begins a round, with the usable destinations. If none is usable, with all that an operator has not drained.</summary>
    public void Begin()
    {
        (_tier, _lateTurn, _leftOutTurn, _isFirst, _last) = (0, 0, 0, true, -1);
        _late?.Clear();
        _leftOut?.Clear();
        _full?.Clear();
        _closed.Clear();
        var cluster = request.Cluster;
        var usableOnly = cluster.HasUsable();
        for (var number = 0; number < cluster.Destinations.Count; number++)
        {
            if (!cluster.Destinations[number].MayBeTried(usableOnly))
            {
                _closed.Add(number);
            }
        }
    }

    /// <summary>Goes on to the next destination, which counts the dial from now on.</summary>
    /// <returns>False: there is no other destination.</returns>
    public bool TryNext(out DestinationTurn turn)
    {
        for (; _tier < request.Cluster.Tiers.Count; _tier++)
        {
            if (TryChoose(request.Cluster.Tiers[_tier], out turn) || TryNext(_late, ref _lateTurn, out turn))
            {
                return true;
            }

            if (_full is { Count: > 0 })
            {
                return false;
            }
        }

        turn = DestinationTurn.None;
        return !request.Cluster.RejectsWhenAllDown && TryNext(_leftOut, ref _leftOutTurn, out turn);
    }

    /// <summary>Goes on to a destination that has given the dial a place.</summary>
    public DestinationTurn Enter(Share place)
    {
        _full!.Remove(place);
        return new DestinationTurn(place.Number, PendingAnswer(place.Number), IsTrial: false);
    }

    /// <summary>The answer for a destination's name. A dial asks for each name once.</summary>
    public Task<IPEndPoint[]> AnswerOf(int number)
    {
        _answers ??= new Task<IPEndPoint[]>?[request.Cluster.Destinations.Count];
        return _answers[number] ??= resolver.ResolveAsync(request.Cluster.Destinations[number], request.NamePatience).AsTask();
    }

    /// <summary>Asks the names again in the next round, because a pod that was replaced has another address.</summary>
    public void AskAgain() => _answers = null;

    /// <summary>Lets passive health hear of the names that had no answer in time.</summary>
    public void NoteLate()
    {
        for (var i = _lateTurn; passive is not null && i < (_late?.Count ?? 0); i++)
        {
            _ = passive.NoteLateAsync(request.Cluster, request.Cluster.Destinations[_late![i]], AnswerOf(_late[i]));
        }
    }

    // Chooses among the destinations of a priority. Those that are left out or have no address yet go to the lists.
    private bool TryChoose(BalancingPolicy tier, out DestinationTurn turn)
    {
        var cluster = request.Cluster;
        while (tier.Choose(_closed, request.Client?.Client.Address, _last) is { IsNone: false } choice)
        {
            var number = choice.Number;
            var isOwn = _isFirst && cluster.HasAffinity;
            _isFirst = false;
            var isTrial = false;
            if (passive?.HasTurn(cluster, cluster.Destinations[number], out isTrial) == false)
            {
                _closed.Add(number);
                (_leftOut ??= []).Add(number);
                continue;
            }

            var pending = PendingAnswer(number);
            if (pending is not null && !isOwn)
            {
                AbandonTrial(number, isTrial);
                _closed.Add(number);
                (_late ??= []).Add(number);
                continue;
            }

            if (TryEnter(choice))
            {
                _last = number;
                _closed.Add(number);
                turn = new DestinationTurn(number, pending, isTrial);
                return true;
            }

            AbandonTrial(number, isTrial);
        }

        turn = DestinationTurn.None;
        return false;
    }

    private bool TryNext(List<int>? waiting, ref int position, out DestinationTurn turn)
    {
        while (waiting is not null && position < waiting.Count)
        {
            var number = waiting[position++];
            var pending = PendingAnswer(number);
            if (TryEnter(new Choice(number)))
            {
                turn = new DestinationTurn(number, pending, IsTrial: false);
                return true;
            }
        }

        turn = DestinationTurn.None;
        return false;
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

    private bool TryEnter(Choice choice)
    {
        if (passive is null)
        {
            return true;
        }

        var destination = request.Cluster.Destinations[choice.Number];
        var entry = Enter(destination.State, choice);
        if (entry == Entry.Full)
        {
            _closed.Add(choice.Number);
            (_full ??= []).Add(new Share(choice.Number, destination.Name, destination.Weight, destination.State));
        }

        return entry == Entry.Entered;
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
}
