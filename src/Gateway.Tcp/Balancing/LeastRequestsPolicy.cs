using System.Net;

namespace Gateway.Tcp.Balancing;

/// <summary>
/// The open share with the fewest connections for its weight. Shares with equally many take turns by weight, so that short connections,
/// which leave all shares idle, are spread as under <see cref="RoundRobinPolicy"/>.
/// <para>
/// Fractions are compared by cross multiplication, so nothing is rounded. The choice names the number of connections that it saw. If that
/// number has changed when the caller enters, the caller chooses again, so connections that are dialed at the same time are spread
/// exactly too.
/// </para>
/// </summary>
internal sealed class LeastRequestsPolicy(Share[] shares, Turns turns) : BalancingPolicy(shares)
{
    private readonly ushort[]? _slots = RoundRobinPolicy.SlotsOf(shares);

    /// <inheritdoc/>
    public override Choice Choose(in IndexSet closed, IPAddress? client, int failed = -1)
    {
        var best = Choice.None;
        var (weight, equal) = (1, 0);
        foreach (var share in Shares)
        {
            if (closed.Contains(share.Number))
            {
                continue;
            }

            var connections = share.Load.Connections;
            var difference = best.IsNone ? -1 : ((long)connections * weight) - ((long)best.Seen * share.Weight);
            equal = difference < 0 ? 1 : difference == 0 ? equal + 1 : equal;
            (best, weight) = difference < 0 ? (new Choice(share.Number, connections), share.Weight) : (best, weight);
        }

        return equal > 1 ? InTurn(closed, best, weight) : best;
    }

    private Choice InTurn(in IndexSet closed, Choice least, int weight)
    {
        for (var left = _slots?.Length ?? Shares.Length; left > 0; left--)
        {
            var share = Shares[RoundRobinPolicy.Next(turns, _slots, Shares.Length)];
            var connections = share.Load.Connections;
            if (!closed.Contains(share.Number) && (long)connections * weight == (long)least.Seen * share.Weight)
            {
                return new Choice(share.Number, connections);
            }
        }

        return least;
    }
}
