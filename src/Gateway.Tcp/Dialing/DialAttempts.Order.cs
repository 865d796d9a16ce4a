using System.Net;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Health;
using Gateway.Tcp.Names;

namespace Gateway.Tcp.Dialing;

/// <content>
/// Whose turn it is: destinations from the start, then those whose names have no answer yet, so that a dead name holds up nobody beside it, and last those that are left out since connects
/// fail. With affinity a client waits for its own destination's name all the same. A name is asked once in a dial, whatever came of it. Literals need none of this, and cost nothing.
/// </content>
internal sealed partial class DialAttempts
{
    private Task<IPEndPoint[]>?[]? _answers;
    private List<int>? _late;
    private List<int>? _leftOut;
    private bool _usableOnly;
    private int _turn;
    private int _lateTurn;
    private int _leftOutTurn;

    /// <summary>Begins at the start, with all destinations, or those that checks have left.</summary>
    public void Begin()
    {
        Leave();
        (_turn, _lateTurn, _leftOutTurn, OwnFailures) = (0, 0, 0, 0);
        _late?.Clear();
        _leftOut?.Clear();
        _usableOnly = cluster.HasUsable();
    }

    /// <summary>The next destination's number; <paramref name="pending"/> is its answer if that must be waited for. False: there is no other.</summary>
    public bool TryNext(HostResolver resolver, out int number, out Task? pending)
    {
        Leave();
        var destinations = cluster.Destinations;
        while (_turn < destinations.Count)
        {
            var isFirst = _turn == 0;
            number = (start + _turn++) % destinations.Count;
            if (_usableOnly && !destinations[number].IsUsable)
            {
                continue;
            }

            if (!passive.HasTurn(cluster, destinations[number], out var isTrial))
            {
                (_leftOut ??= []).Add(number);
                continue;
            }

            Enter(number, isTrial);
            pending = PendingAnswer(number, resolver);
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
            pending = PendingAnswer(number, resolver);
            return true;
        }

        pending = null;
        return false;
    }

    private static bool TryNext(List<int>? waiting, ref int turn, out int number)
    {
        number = waiting is not null && turn < waiting.Count ? waiting[turn++] : -1;
        return number >= 0;
    }

    /// <summary>The addresses of a destination that is known by now, in the order in which they are dialled.</summary>
    public IPEndPoint[] AddressesOf(int number, SourceIpMode mode)
    {
        var destination = cluster.Destinations[number];
        if (destination.Literal is { } literal)
        {
            return literal;
        }

        if (cluster.Original is { } original)
        {
            return [original.AddressFor(identity)];
        }

        var addresses = _answers![number]!.Result;
        _why = addresses.Length == 0 ? PassiveHealth.NoAddress : null;
        // With affinity the resolver's order: a turn would send a client to another pod each time.
        return AddressOrder.Of(
            addresses,
            mode == SourceIpMode.Transparent ? identity.Client.AddressFamily : null,
            addresses.Length > 1 && !cluster.HasAffinity ? destination.NextTurn() : 0,
            destination.Health);
    }

    private Task<IPEndPoint[]>? PendingAnswer(int number, HostResolver resolver)
    {
        var destination = cluster.Destinations[number];
        if (destination.Literal is not null || cluster.Original is not null)
        {
            return null;
        }

        _answers ??= new Task<IPEndPoint[]>?[cluster.Destinations.Count];
        var answer = _answers[number] ??= resolver.ResolveAsync(destination).AsTask();
        return answer.IsCompleted ? null : answer;
    }
}
