using System.Net;

namespace Gateway.Tcp.Balancing;

/// <summary>The open shares in turn, by weight: 3:1 is A A B A.</summary>
internal sealed class RoundRobinPolicy(Share[] shares, Turns turns) : BalancingPolicy(shares)
{
    // Null: each share has one slot, in order.
    private readonly ushort[]? _slots = SlotsOf(shares);

    /// <inheritdoc/>
    public override Choice Choose(in IndexSet closed, IPAddress? client, int failed = -1)
    {
        var first = FirstOpen(closed);
        if (first < 0 || Shares.Length == 1)
        {
            return first < 0 ? Choice.None : new Choice(Shares[first].Number);
        }

        // A failed attempt takes nobody's turn. Otherwise the next connection would begin at the dead share again: of two shares, each
        // connection would.
        if (failed >= 0 && IndexOf(failed) is >= 0 and var last)
        {
            return new Choice(Shares[FirstOpen(closed, last)].Number);
        }

        // If the share whose turn it is is closed, the next turn decides. So the open shares divide its part evenly. If the next share took
        // the whole part, one neighbour of a dead destination would get twice as many connections as the others.
        for (var left = _slots?.Length ?? Shares.Length; left > 0; left--)
        {
            var share = Shares[Next(turns, _slots, Shares.Length)];
            if (!closed.Contains(share.Number))
            {
                return new Choice(share.Number);
            }
        }

        return new Choice(Shares[first].Number);
    }

    private int IndexOf(int number)
    {
        var index = Shares.Length - 1;
        while (index >= 0 && Shares[index].Number != number)
        {
            index--;
        }

        return index;
    }

    /// <summary>The slots of shares with different weights; null: all weights are the same.</summary>
    internal static ushort[]? SlotsOf(Share[] shares) =>
        shares.Any(share => share.Weight != shares[0].Weight) ? SlotTable.InTurn([.. shares.Select(static share => share.Weight)]) : null;

    /// <summary>The share whose turn is next.</summary>
    internal static int Next(Turns turns, ushort[]? slots, int shares)
    {
        var turn = turns.Next();
        return slots is null ? (int)(turn % (uint)shares) : slots[turn % (uint)slots.Length];
    }
}
