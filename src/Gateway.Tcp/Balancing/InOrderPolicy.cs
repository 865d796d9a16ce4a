using System.Net;

namespace Gateway.Tcp.Balancing;

/// <summary>The first open share. Weights have no effect.</summary>
internal sealed class InOrderPolicy(Share[] shares) : BalancingPolicy(shares)
{
    /// <inheritdoc/>
    public override Choice Choose(in IndexSet closed, IPAddress? client, int failed = -1) =>
        FirstOpen(closed) is >= 0 and var index ? new Choice(Shares[index].Number) : Choice.None;
}
