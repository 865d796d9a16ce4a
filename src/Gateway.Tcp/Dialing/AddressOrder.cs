using System.Net;
using System.Net.Sockets;
using Gateway.Tcp.Balancing;
using Gateway.Tcp.Clusters;
using Gateway.Tcp.Health;

namespace Gateway.Tcp.Dialing;

/// <summary>
/// The order in which a dial tries the addresses of a name:
/// 1. The wanted family comes first, then the other family; at most four addresses of each.
/// 2. Addresses that fail health checks, or that clients' connects have found dead, come last.
/// 3. Among addresses that are equal in this, the cluster's policy chooses, by the connections of each address. So each pod behind a
/// headless service gets its share.
/// <see cref="Dial"/> orders the destinations.
/// </summary>
/// <param name="addresses">All addresses.</param>
/// <param name="wanted">The family that comes first; null: the family of the first address, which the resolver prefers.</param>
/// <param name="cluster">The cluster.</param>
/// <param name="health">The results of health checks; null: there are none.</param>
/// <param name="passive">What connects say of addresses; null: nothing, and nobody counts the connections of addresses.</param>
/// <param name="client">The client, for affinity; null: the connection is for no client.</param>
/// <param name="leavesGone">
/// Whether an address that a newer answer does not have is tried no more. Not so for DNS, where each answer may be another part of all.
/// </param>
internal sealed class AddressOrder(
    AddressSet addresses,
    AddressFamily? wanted,
    ClusterModel cluster,
    DestinationHealth? health,
    PassiveHealth? passive,
    IPAddress? client = null,
    bool leavesGone = false)
{
    /// <summary>
    /// The most addresses of one family that a dial tries. A headless service resolves to every pod, and four failed pods say enough about
    /// the destination. The self-test asks as many.
    /// </summary>
    public const int MostOfAFamily = 4;

    // Up to this many addresses, a look at all of them costs less than a connection notices.
    private const int Few = 8;
    private const int OtherFamily = 1;
    private const int Avoided = 2;
    private const int Out = int.MaxValue;

    private readonly AddressFamily _first = wanted ?? addresses.States[0].Address.AddressFamily;
    private IndexSet _tried;
    private IndexSet _closed;
    private int _ofFirst;
    private int _ofOther;
    private int _last = -1;
    private bool _choseAvoided;

    /// <summary>Chooses the next address; none if there is no other address.</summary>
    public Choice Next()
    {
        _closed.Clear();
        if (_last < 0 && addresses.States.Length > Few
            && addresses.Policy.Choose(_closed, client, _last) is { IsNone: false } first && RankOf(first.Number) == 0)
        {
            // What the policy chooses of all is what it would choose of the best, if it is one of them: without a look at thousands.
            _choseAvoided = false;
            return first;
        }

        var best = Out;
        for (var number = 0; number < addresses.States.Length; number++)
        {
            var rank = RankOf(number);
            if (rank > best || rank == Out)
            {
                _closed.Add(number);
            }
            else if (rank < best)
            {
                best = rank;
                for (var worse = 0; worse < number; worse++)
                {
                    _closed.Add(worse);
                }
            }
        }

        _choseAvoided = best >= Avoided;
        return best == Out ? Choice.None : addresses.Policy.Choose(_closed, client, _last);
    }

    /// <summary>Takes a choice: its address counts as tried.</summary>
    /// <returns>Null: the choice is outdated, because other dials have chosen at the same time.</returns>
    public AddressState? TryTake(Choice choice)
    {
        var state = addresses.States[choice.Number];
        if (passive is not null && state.TryEnter(choice) != Entry.Entered)
        {
            return null;
        }

        if (passive?.TryBegin(cluster, state, asLast: _choseAvoided) == false)
        {
            state.Leave();
            return null;
        }

        _tried.Add(choice.Number);
        _last = choice.Number;
        _ofFirst += state.Address.AddressFamily == _first ? 1 : 0;
        _ofOther += state.Address.AddressFamily == _first ? 0 : 1;
        return state;
    }

    private int RankOf(int number)
    {
        var state = addresses.States[number];
        var isFirst = state.Address.AddressFamily == _first;
        return _tried.Contains(number) || (leavesGone && state.IsGone) || (isFirst ? _ofFirst : _ofOther) >= MostOfAFamily ? Out
            : (isFirst ? 0 : OtherFamily)
                + (health?.IsBad(state.Address) == true || passive?.IsAvoided(cluster, state) == true ? Avoided : 0);
    }
}
