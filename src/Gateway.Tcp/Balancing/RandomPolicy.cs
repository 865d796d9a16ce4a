using System.Net;

namespace Gateway.Tcp.Balancing;

/// <summary>A random open share, with a probability in proportion to its weight.</summary>
internal sealed class RandomPolicy(Share[] shares, Random random) : BalancingPolicy(shares)
{
    /// <inheritdoc/>
    public override Choice Choose(in IndexSet closed, IPAddress? client, int failed = -1) =>
        Draw(closed, random) is >= 0 and var index ? new Choice(Shares[index].Number) : Choice.None;
}
