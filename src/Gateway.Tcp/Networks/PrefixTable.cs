using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Tcp.Networks;

/// <summary>
/// Finds the value of an address by prefix: the lowest rank wins, then the longest prefix. The table has one dictionary for each prefix
/// length that occurs. So a look-up costs at most 33 (IPv4) or 129 (IPv6) probes, however many prefixes there are; real lists have a
/// handful of lengths. A trie would be no faster at that size and needs far more nodes. Immutable after its construction.
/// </summary>
internal sealed class PrefixTable<T>
    where T : class
{
    private readonly Level<uint>[] _v4;
    private readonly Level<UInt128>[] _v6;
    private readonly int _lowestRank;

    /// <summary>Builds the table. If a prefix occurs twice, the entry with the lower rank stays; at equal rank, the first.</summary>
    public PrefixTable(IEnumerable<(IPNetwork Network, int Rank, T Value)> entries)
    {
        var all = entries.ToList();
        _lowestRank = all.Count == 0 ? int.MaxValue : all.Min(static entry => entry.Rank);
        _v4 = Build(all.Where(static entry => IsV4(entry.Network)), static address => KeyV4(address), static length => MaskV4(length));
        _v6 = Build(all.Where(static entry => !IsV4(entry.Network)), static address => KeyV6(address), static length => MaskV6(length));
    }

    /// <summary>The value for an address, or null. A v4-mapped address counts as IPv4. <paramref name="rank"/> gets the rank.</summary>
    public T? Match(IPAddress address, out int rank)
    {
        if (address.AddressFamily == AddressFamily.InterNetwork || address.IsIPv4MappedToIPv6)
        {
            return Match(_v4, KeyV4(address), out rank);
        }

        return Match(_v6, KeyV6(address), out rank);
    }

    private static bool IsV4(IPNetwork network) => network.BaseAddress.AddressFamily == AddressFamily.InterNetwork;

    private static Level<TKey>[] Build<TKey>(
        IEnumerable<(IPNetwork Network, int Rank, T Value)> entries,
        Func<IPAddress, TKey> key,
        Func<int, TKey> mask)
        where TKey : struct, System.Numerics.IBitwiseOperators<TKey, TKey, TKey>
    {
        return [.. entries.GroupBy(static entry => entry.Network.PrefixLength).OrderByDescending(static group => group.Key).Select(group =>
        {
            var values = new Dictionary<TKey, Entry>();
            foreach (var (network, rank, value) in group)
            {
                var prefix = key(network.BaseAddress) & mask(group.Key);
                if (!values.TryGetValue(prefix, out var present) || rank < present.Rank)
                {
                    values[prefix] = new Entry(value, rank);
                }
            }

            return new Level<TKey>(mask(group.Key), values);
        })];
    }

    private T? Match<TKey>(Level<TKey>[] levels, TKey key, out int rank)
        where TKey : struct, System.Numerics.IBitwiseOperators<TKey, TKey, TKey>
    {
        T? best = null;
        rank = int.MaxValue;
        foreach (var level in levels)
        {
            if (level.Values.TryGetValue(key & level.Mask, out var entry) && (best is null || entry.Rank < rank))
            {
                (best, rank) = (entry.Value, entry.Rank);
                if (rank == _lowestRank)
                {
                    break;
                }
            }
        }

        return best;
    }

    private static uint KeyV4(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var written);
        return BinaryPrimitives.ReadUInt32BigEndian(bytes[(written - 4)..]);
    }

    private static UInt128 KeyV6(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    // A prefix length of 0 is a case of its own, because a shift by the whole width shifts by 0 in C#.
    private static uint MaskV4(int length) => length == 0 ? 0 : uint.MaxValue << (32 - length);

    private static UInt128 MaskV6(int length) => length == 0 ? UInt128.Zero : UInt128.MaxValue << (128 - length);

    private readonly record struct Entry(T Value, int Rank);

    private sealed record Level<TKey>(TKey Mask, Dictionary<TKey, Entry> Values)
        where TKey : struct;
}
