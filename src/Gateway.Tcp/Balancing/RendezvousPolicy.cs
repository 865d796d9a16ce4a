using System.Net;

namespace Gateway.Tcp.Balancing;

/// <summary>
/// Session affinity among addresses: each client has a score for each address, and the open address with the highest score gets the client.
/// An address that comes or goes moves only its own clients, and no table has to be made anew: of thousands, some may change each second.
/// </summary>
/// <param name="shares">What is chosen from.</param>
/// <param name="addresses">The address of each share.</param>
internal sealed class RendezvousPolicy(Share[] shares, IPAddress[] addresses) : BalancingPolicy(shares)
{
    private readonly ulong[] _seeds = Array.ConvertAll(addresses, SlotTable.HashOf);

    /// <inheritdoc/>
    public override Choice Choose(in IndexSet closed, IPAddress? client, int failed = -1)
    {
        var key = client is null ? 0 : SlotTable.HashOf(client);
        var (best, highest) = (-1, 0UL);
        for (var i = 0; i < _seeds.Length; i++)
        {
            if (!closed.Contains(Shares[i].Number) && SlotTable.Mix(key ^ _seeds[i]) is var score && (best < 0 || score > highest))
            {
                (best, highest) = (i, score);
            }
        }

        return best < 0 ? Choice.None : new Choice(Shares[best].Number);
    }
}
