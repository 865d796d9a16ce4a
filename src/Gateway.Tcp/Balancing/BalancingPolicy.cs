using System.Net;
using Gateway.Tcp.Configuration;

namespace Gateway.Tcp.Balancing;

/// <summary>
/// Chooses among destinations of the same priority, or among the addresses of a name. A choice allocates nothing. Safe from any thread.
/// </summary>
/// <param name="shares">What is chosen from.</param>
internal abstract class BalancingPolicy(Share[] shares)
{
    /// <summary>What is chosen from.</summary>
    protected ReadOnlySpan<Share> Shares => shares;

    /// <summary>Chooses one share. The caller enters its <see cref="Load"/>, and chooses again if that fails.</summary>
    /// <param name="closed">The numbers of shares that may not be chosen.</param>
    /// <param name="client">The client's address; null: the connection is for no client.</param>
    /// <param name="failed">The number of the share at which the last attempt of this dial failed; negative: there was none.</param>
    public abstract Choice Choose(in IndexSet closed, IPAddress? client, int failed = -1);

    /// <summary>Makes a policy.</summary>
    /// <param name="kind">Which policy; null: the shares in their order.</param>
    /// <param name="shares">What is chosen from.</param>
    /// <param name="turns">Counts the turns of policies that take turns.</param>
    /// <param name="random">For policies that draw; safe from any thread.</param>
    public static BalancingPolicy Create(TcpLoadBalancingPolicy? kind, Share[] shares, Turns turns, Random random) => kind switch
    {
        null => new InOrderPolicy(shares),
        TcpLoadBalancingPolicy.LeastRequests => new LeastRequestsPolicy(shares, turns),
        TcpLoadBalancingPolicy.PowerOfTwoChoices => new PowerOfTwoChoicesPolicy(shares, random),
        TcpLoadBalancingPolicy.Random => new RandomPolicy(shares, random),
        TcpLoadBalancingPolicy.FirstAlphabetical => new FirstAlphabeticalPolicy(shares),
        TcpLoadBalancingPolicy.RoundRobin => new RoundRobinPolicy(shares, turns),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "No policy is made for this name."),
    };

    /// <summary>The first open share behind a position, and from the beginning again; negative: none is open.</summary>
    protected int FirstOpen(in IndexSet closed, int start = 0)
    {
        for (var i = 0; i < shares.Length; i++)
        {
            var index = (start + i) % shares.Length;
            if (!closed.Contains(shares[index].Number))
            {
                return index;
            }
        }

        return -1;
    }

    /// <summary>Draws an open share, with a probability in proportion to its weight; negative: none is open.</summary>
    /// <param name="closed">The numbers of shares that may not be drawn.</param>
    /// <param name="random">The source of the draw.</param>
    /// <param name="without">A share that may not be drawn either; negative: none.</param>
    protected int Draw(in IndexSet closed, Random random, int without = -1)
    {
        var total = 0;
        for (var i = 0; i < shares.Length; i++)
        {
            total += IsOut(i, closed, without) ? 0 : shares[i].Weight;
        }

        var drawn = total == 0 ? 0 : random.Next(total);
        for (var i = 0; i < shares.Length && total > 0; i++)
        {
            drawn -= IsOut(i, closed, without) ? 0 : shares[i].Weight;
            if (drawn < 0)
            {
                return i;
            }
        }

        return -1;
    }

    private bool IsOut(int index, in IndexSet closed, int without) => index == without || closed.Contains(shares[index].Number);
}
