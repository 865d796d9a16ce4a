using Gateway.Handover;

namespace Gateway.Tests.Handover;

public sealed class SystemdSocketsTests
{
    [Theory]
    [InlineData("7", "2", 2)]
    [InlineData("8", "2", 0)]
    [InlineData("7", "0", 0)]
    [InlineData("7", "two", 0)]
    [InlineData("7", "-1", 0)]
    [InlineData("7", null, 0)]
    [InlineData(null, "2", 0)]
    [InlineData("7", "2000000", 1024)]
    public void CountFor_Variables_AreThisProcesssOrNone(string? pid, string? count, int expected) =>
        Assert.Equal(expected, SystemdSockets.CountFor(7, name => name == "LISTEN_PID" ? pid : count));
}
