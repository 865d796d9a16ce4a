using Gateway.Tcp.Engines;

namespace Gateway.Tests.Tcp.Engines;

public class DescriptorReserveTests
{
    [Theory]
    [InlineData(20_000L, 19_872L)]
    [InlineData(1024L, 960L)]
    [InlineData(256L, 240L)]
    [InlineData(64L, 60L)]
    [InlineData(null, long.MaxValue)]
    public void FirstOf_ALimit_LeavesTheLastDescriptorsToTheProcess(long? limit, long first) => Assert.Equal(first, DescriptorReserve.FirstOf(limit));

    [Theory]
    [InlineData(20_000L, 32)]
    [InlineData(1024L, 16)]
    [InlineData(400L, 6)]
    [InlineData(16L, 2)]
    [InlineData(null, 32)]
    public void ConnectionsOfProbesUnder_ALimit_ArePartOfTheReserve(long? limit, int connections) =>
        Assert.Equal(connections, DescriptorReserve.ConnectionsOfProbesUnder(limit));
}
