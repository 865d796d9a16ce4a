using System.Net;

namespace Gateway.Tcp.Balancing;

/// <summary>
/// Draws two different open shares by weight, and takes the one that has fewer connections for its weight. Gateways side by side do not
/// all choose the same share, as they may under <see cref="LeastRequestsPolicy"/>, because each of them draws for itself.
/// </summary>
internal sealed class PowerOfTwoChoicesPolicy(Share[] shares, Random random) : BalancingPolicy(shares)
{
    /// <inheritdoc/>
    public override Choice Choose(in IndexSet closed, IPAddress? client, int failed = -1)
    {
        var first = Draw(closed, random);
        if (first < 0)
        {
            return Choice.None;
        }

        var second = Draw(closed, random, without: first);
        var (one, other) = (Shares[first], Shares[second < 0 ? first : second]);
        return new Choice(
            (long)other.Load.Connections * one.Weight < (long)one.Load.Connections * other.Weight ? other.Number : one.Number);
    }
}
