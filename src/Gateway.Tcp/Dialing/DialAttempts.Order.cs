using System.Net;
using Gateway.Tcp.Configuration;

namespace Gateway.Tcp.Dialing;

/// <content>
/// Whose turn it is: destinations from the start, those whose names have no answer yet last, so that a dead name holds up nobody beside it. With affinity a client waits
/// for its own destination's name all the same. A name is asked once in a dial, whatever came of it. Literals need none of this, and cost nothing.
/// </content>
internal sealed partial class DialAttempts
{
    private Task<IPEndPoint[]>?[]? _answers;
    private List<int>? _late;
    private bool _usableOnly;
    private int _turn;
    private int _lateTurn;

    /// <summary>Begins at the start, with all destinations, or those that checks have left.</summary>
    public void Begin()
    {
        (_turn, _lateTurn, OwnFailures) = (0, 0, 0);
        _late?.Clear();
        _usableOnly = cluster.HasUsable();
    }

    /// <summary>The next destination's number; <paramref name="pending"/> is its answer if that must be waited for. False: there is no other.</summary>
    public bool TryNext(HostResolver resolver, out int number, out Task? pending)
    {
        var destinations = cluster.Destinations;
        while (_turn < destinations.Count)
        {
            var isFirst = _turn == 0;
            number = (start + _turn++) % destinations.Count;
            if (_usableOnly && !destinations[number].IsUsable)
            {
                continue;
            }

            pending = PendingAnswer(number, resolver);
            if (pending is null || (isFirst && cluster.HasAffinity))
            {
                return true;
            }

            (_late ??= []).Add(number);
        }

        if (_late is null || _lateTurn == _late.Count)
        {
            (number, pending) = (-1, null);
            return false;
        }

        number = _late[_lateTurn++];
        pending = PendingAnswer(number, resolver);
        return true;
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
