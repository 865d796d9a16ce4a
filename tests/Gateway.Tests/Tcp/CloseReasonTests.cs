using Gateway.Tcp.Telemetry;

namespace Gateway.Tests.Tcp;

public sealed class CloseReasonTests
{
    /// <summary>A new reason that is in no list would have no series before its first connection.</summary>
    [Fact]
    public void Lists_EveryReason_IsOfClosedOrOfRejectedConnections() =>
        Assert.Empty(Enum.GetValues<CloseReason>().Except(CloseReasons.OfClosed).Except(CloseReasons.OfRejected));

    [Fact]
    public void OfFailures_AreOfClosedConnections() => Assert.Empty(CloseReasons.OfFailures.Except(CloseReasons.OfClosed));
}
