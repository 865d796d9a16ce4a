using Gateway.Tcp.Engines.Linux;

namespace Gateway.Tests.Engines;

public class DescriptorReserveTests
{
    [Theory]
    [InlineData(20_000L, 19_936L)]
    [InlineData(1024L, 960L)]
    [InlineData(256L, 240L)]
    [InlineData(64L, 60L)]
    [InlineData(null, long.MaxValue)]
    public void FirstOf_ALimit_LeavesTheLastDescriptorsToTheProcess(long? limit, long first) => Assert.Equal(first, DescriptorReserve.FirstOf(limit));
}
