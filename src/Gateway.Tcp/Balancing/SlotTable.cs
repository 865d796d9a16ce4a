using System.Net;

namespace Gateway.Tcp.Balancing;

/// <summary>
/// Shares of connections as a table of slots. Each slot belongs to one destination. The number of a connection, or the hash of a client's
/// address, chooses a slot. The engine and nftables (numgen, jhash) use the same tables.
/// </summary>
internal static class SlotTable
{
    /// <summary>
    /// The number of slots of a hash table. A prime number, so that addresses that differ in one octet do not fall into a pattern. With ten
    /// destinations, each has 204 slots, give or take 7 % (1/√204).
    /// </summary>
    public const int HashSlots = 2039;

    // Enough precision for any weights in practice, and the kernel's copy of the table stays small.
    private const int MostTurns = 1024;

    /// <summary>
    /// Slots for weighted round robin, interleaved: 3:1 is A A B A, not A A A B (nginx's smooth weighted round-robin).
    /// </summary>
    /// <param name="weights">Weights from 0; weight 0 gets no slot.</param>
    /// <returns>Indexes of destinations; a single 0 if all weights are 0.</returns>
    public static ushort[] InTurn(ReadOnlySpan<int> weights)
    {
        var shares = Reduce(weights);
        var slots = new ushort[Math.Max(1, shares.Sum())];
        var credit = new int[shares.Length];
        for (var slot = 0; slot < slots.Length; slot++)
        {
            var best = 0;
            for (var i = 0; i < shares.Length; i++)
            {
                credit[i] += shares[i];
                best = credit[i] > credit[best] ? i : best;
            }

            credit[best] -= slots.Length;
            slots[slot] = (ushort)best;
        }

        return slots;
    }

    // The smallest whole numbers in the same proportion. If they add up to more than MostTurns, they are rounded to nearly the same
    // proportion, and every destination with a weight keeps at least one slot.
    private static int[] Reduce(ReadOnlySpan<int> weights)
    {
        var divisor = 0;
        var total = 0;
        foreach (var weight in weights)
        {
            divisor = Gcd(divisor, weight);
            total += weight;
        }

        var shares = weights.ToArray();
        for (var i = 0; i < shares.Length && total > 0; i++)
        {
            shares[i] = total / divisor <= MostTurns ? shares[i] / divisor
                : shares[i] == 0 ? 0
                : Math.Max(1, (int)Math.Round((double)shares[i] * MostTurns / total));
        }

        return shares;
    }

    /// <summary>
    /// Slots for hashes, by weighted rendezvous hashing. Each slot goes to the destination with the highest score for this slot, so a
    /// destination that is added or removed moves only its own share of the clients. The table depends on names and weights alone, so every
    /// gateway makes the same table.
    /// </summary>
    /// <param name="destinations">Names and weights; weight 0 gets no slot.</param>
    /// <returns>Indexes of destinations.</returns>
    public static ushort[] ByHash(ReadOnlySpan<(string Name, int Weight)> destinations)
    {
        var slots = new ushort[HashSlots];
        var seeds = new ulong[destinations.Length];
        for (var i = 0; i < destinations.Length; i++)
        {
            seeds[i] = HashOf(destinations[i].Name);
        }

        for (var slot = 0; slot < slots.Length; slot++)
        {
            var best = double.NegativeInfinity;
            for (var i = 0; i < destinations.Length; i++)
            {
                // A uniform number in (0, 1): ln of it divided by the weight is largest with a probability in proportion to the weight.
                var uniform = ((Mix(seeds[i] ^ (ulong)slot) >> 11) + 0.5) / (1UL << 53);
                var score = destinations[i].Weight > 0 ? Math.Log(uniform) / destinations[i].Weight : double.NegativeInfinity;
                if (score > best)
                {
                    best = score;
                    slots[slot] = (ushort)i;
                }
            }
        }

        return slots;
    }

    /// <summary>The slot of a client. Allocates nothing.</summary>
    /// <param name="client">The client's address.</param>
    /// <param name="slots">The number of slots.</param>
    public static int SlotOf(IPAddress client, int slots) => (int)(HashOf(client) % (ulong)slots);

    /// <summary>The hash of an address. Allocates nothing.</summary>
    public static ulong HashOf(IPAddress client)
    {
        Span<byte> bytes = stackalloc byte[16];
        client.TryWriteBytes(bytes, out var length);
        var hash = 0xcbf29ce484222325;
        foreach (var value in bytes[..length])
        {
            hash = (hash ^ value) * 0x100000001b3;
        }

        return Mix(hash);
    }

    // FNV-1a over lower case, because names are compared without case.
    private static ulong HashOf(string name)
    {
        var hash = 0xcbf29ce484222325;
        foreach (var letter in name)
        {
            hash = (hash ^ char.ToLowerInvariant(letter)) * 0x100000001b3;
        }

        return Mix(hash);
    }

    /// <summary>
    /// The finaliser of SplitMix64: every bit of the input changes every bit of the output with a probability of one half.
    /// </summary>
    public static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
        value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
        return value ^ (value >> 31);
    }

    private static int Gcd(int a, int b)
    {
        while (b != 0)
        {
            (a, b) = (b, a % b);
        }

        return a;
    }
}
