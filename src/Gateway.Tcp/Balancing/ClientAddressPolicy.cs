using System.Net;

namespace Gateway.Tcp.Balancing;

/// <summary>
/// Session affinity: the share that a hash of the client's address chooses. If that share is closed, another policy chooses among the
/// others.
/// </summary>
/// <param name="shares">What is chosen from.</param>
/// <param name="others">
/// Chooses where the client's own share is closed. Null: the next share in order, so that a client whose own share is closed stays with
/// that neighbour.
/// </param>
internal sealed class ClientAddressPolicy(Share[] shares, BalancingPolicy? others) : BalancingPolicy(shares)
{
    private readonly ushort[] _slots = SlotTable.ByHash([.. shares.Select(static share => (share.Name, share.Weight))]);

    /// <inheritdoc/>
    public override Choice Choose(in IndexSet closed, IPAddress? client, int failed = -1)
    {
        var own = client is null ? 0 : _slots[SlotTable.SlotOf(client, _slots.Length)];
        return !closed.Contains(Shares[own].Number) ? new Choice(Shares[own].Number)
            : others is not null ? others.Choose(closed, client, failed)
            : FirstOpen(closed, own) is >= 0 and var next ? new Choice(Shares[next].Number)
            : Choice.None;
    }
}
