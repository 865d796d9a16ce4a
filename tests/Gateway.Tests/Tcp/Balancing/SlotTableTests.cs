using System.Net;
using Gateway.Tcp.Balancing;

namespace Gateway.Tests.Tcp.Balancing;

public sealed class SlotTableTests
{
    [Theory]
    [InlineData(new[] { 1 }, "0")]
    [InlineData(new[] { 1, 1, 1 }, "012")]
    [InlineData(new[] { 3, 1 }, "0010")]
    [InlineData(new[] { 30, 10 }, "0010")]
    [InlineData(new[] { 5, 1, 1 }, "0010200")]
    [InlineData(new[] { 0, 2, 0, 2 }, "13")]
    [InlineData(new[] { 0, 0 }, "0")]
    public void InTurn_Weights_AreInterleavedInProportion(int[] weights, string expected) =>
        Assert.Equal(expected, string.Concat(SlotTable.InTurn(weights)));

    [Fact]
    public void InTurn_ManyUnlikeWeights_StaysSmallAndLeavesNobodyOut()
    {
        var weights = Enumerable.Range(1, 100).ToArray();

        var slots = SlotTable.InTurn(weights);

        Assert.InRange(slots.Length, 1000, 1100);
        var shares = slots.CountBy(static slot => slot).ToDictionary(static pair => (int)pair.Key, static pair => pair.Value);
        Assert.Equal(100, shares.Count);
        // 100 of 5050, of about 1024.
        Assert.InRange(shares[99], 18, 22);
    }

    [Fact]
    public void ByHash_Weights_AreSharesOfTheSlots()
    {
        var slots = SlotTable.ByHash([("a", 3), ("b", 1), ("c", 0)]);

        // Three standard deviations of a binomial distribution: √(2039 · ¾ · ¼) = 19.6.
        Assert.InRange(slots.Count(static slot => slot == 0), (SlotTable.HashSlots * 3 / 4) - 59, (SlotTable.HashSlots * 3 / 4) + 59);
        Assert.DoesNotContain((ushort)2, slots);
    }

    [Fact]
    public void ByHash_DestinationLeaves_MovesItsOwnSlotsAlone()
    {
        var all = SlotTable.ByHash([("a", 1), ("b", 1), ("c", 1)]);

        var rest = SlotTable.ByHash([("A", 1), ("c", 1)]);

        for (var slot = 0; slot < all.Length; slot++)
        {
            if (all[slot] != 1)
            {
                Assert.Equal(all[slot] == 0 ? 0 : 1, rest[slot]);
            }
        }
    }

    [Theory]
    [InlineData("192.0.2.{0}")]
    [InlineData("2001:db8::{0:x}")]
    public void SlotOf_NeighbouringClients_AreSpread(string format)
    {
        var homes = SlotTable.ByHash([("a", 1), ("b", 1)]);

        var atFirst = Enumerable.Range(1, 250)
            .Select(i => IPAddress.Parse(string.Format(System.Globalization.CultureInfo.InvariantCulture, format, i)))
            .Count(client => homes[SlotTable.SlotOf(client, homes.Length)] == 0);

        // 125, give or take four standard deviations (7.9).
        Assert.InRange(atFirst, 93, 157);
    }
}
