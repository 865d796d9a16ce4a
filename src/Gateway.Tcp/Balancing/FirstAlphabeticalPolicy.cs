using System.Net;

namespace Gateway.Tcp.Balancing;

/// <summary>
/// The open share whose name comes first, regardless of case. Weights have no effect. All connections go to one share until it is closed.
/// </summary>
internal sealed class FirstAlphabeticalPolicy(Share[] shares)
    : BalancingPolicy([.. shares.OrderBy(static share => share.Name, StringComparer.OrdinalIgnoreCase)])
{
    /// <inheritdoc/>
    public override Choice Choose(in IndexSet closed, IPAddress? client, int failed = -1) =>
        FirstOpen(closed) is >= 0 and var index ? new Choice(Shares[index].Number) : Choice.None;
}
