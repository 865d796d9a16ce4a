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
internal sealed class AddressOrder(
    AddressSet addresses, AddressFamily? wanted, ClusterModel cluster, DestinationHealth? health, PassiveHealth? passive)
{
    /// <summary>
    /// The most addresses of one family that a dial tries. A headless service resolves to every pod, and four failed pods say enough about
    /// the destination. The self-test asks as many.
    /// </summary>
    public const int MostOfAFamily = 4;

    private const int OtherFamily = 1;
    private const int Avoided = 2;
    private const int Out = int.MaxValue;

    private readonly AddressFamily _first = wanted ?? addresses.States[0].Address.AddressFamily;
    private IndexSet _tried;
    private IndexSet _closed;
    private int _ofFirst;
    private int _ofOther;
    private int _last = -1;

    /// <summary>Chooses the next address; none if there is no other address.</summary>
    public Choice Next()
    {
        var best = Out;
        _closed.Clear();
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

        return best == Out ? Choice.None : addresses.Policy.Choose(_closed, client: null, _last);
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

        if (passive?.TryBegin(cluster, state) == false)
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
        return _tried.Contains(number) || (isFirst ? _ofFirst : _ofOther) >= MostOfAFamily ? Out
            : (isFirst ? 0 : OtherFamily)
                + (health?.IsBad(state.Address) == true || passive?.IsAvoided(cluster, state) == true ? Avoided : 0);
    }
}
