using Gateway.Http.Requests;
using Microsoft.Extensions.Primitives;

namespace Gateway.Tests.Http.Requests;

public class LoopGuardTests
{
    [Theory]
    [InlineData(0, false)]
    [InlineData(LoopGuard.MostPasses - 1, false)]
    [InlineData(LoopGuard.MostPasses, true)]
    [InlineData(3000, true)]
    public void IsLooping_ByPasses(int passes, bool isLooping)
    {
        string[] entries = [.. Enumerable.Repeat(LoopGuard.Entry, passes)];
        Assert.Equal(isLooping, LoopGuard.IsLooping(new StringValues(entries)));
        Assert.Equal(isLooping, LoopGuard.IsLooping(string.Join(", ", entries.Select(static entry => entry.ToUpperInvariant() + " ; a=b").Prepend("cdn.example"))));
    }

    [Fact]
    public void IsLooping_OthersEntries_DoNotCount() =>
        Assert.False(LoopGuard.IsLooping(string.Join(',', Enumerable.Repeat("gateways, cdn.example;gateway, \"gateway\"", 20))));
}
