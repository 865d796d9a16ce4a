using Gateway.Tcp.Engines.Linux;

namespace Gateway.Tests.Engines;

public class DescriptorReserveTests
{
    [Theory]
    [InlineData(20_000L, 19_936L)]
    [InlineData(512L, 448L)]
    [InlineData(256L, 224L)]
    [InlineData(64L, 56L)]
    [InlineData(null, long.MaxValue)]
    public void FirstOf_ALimit_LeavesTheLastDescriptorsToTheProcess(long? limit, long first) => Assert.Equal(first, DescriptorReserve.FirstOf(limit));
}
