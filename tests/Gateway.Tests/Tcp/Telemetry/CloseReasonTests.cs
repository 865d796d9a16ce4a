using Gateway.Tcp.Telemetry;

namespace Gateway.Tests.Tcp.Telemetry;

public sealed class CloseReasonTests
{
    /// <summary>A new reason that is in no list would have no series before its first connection.</summary>
    [Fact]
    public void Lists_EveryReason_IsOfClosedOrOfRejectedConnections() =>
        // An HTTP/2 flood has a counter of its own.
        Assert.Equal([CloseReason.FrameFlood], Enum.GetValues<CloseReason>().Except(CloseReasons.In((ReasonSeries)byte.MaxValue)));

    [Fact]
    public void Faults_AreOfClosedConnections() =>
        Assert.Empty(CloseReasons.In(ReasonSeries.Faults).Except(CloseReasons.In(ReasonSeries.Closed)));

    [Fact]
    public void Table_EveryReason_HasARowOfItsOwn()
    {
        Assert.All(Enum.GetValues<CloseReason>(), static reason => Assert.Equal(reason, CloseReasons.Row(reason).Reason));
        Assert.Distinct(Enum.GetValues<CloseReason>().Select(static reason => reason.Label()));
    }

    [Theory]
    [InlineData(null, null, "-")]
    [InlineData(null, "to:192.0.2.7:6379", "to:192.0.2.7:6379")]
    [InlineData("UntrustedPeer", null, "UntrustedPeer")]
    [InlineData("HeaderInvalid", "Checksum", "HeaderInvalid(Checksum)")]
    public void Detail_RuleAndError_AreOneWord(string? rule, string? error, string detail) =>
        Assert.Equal(detail, new Outcome(CloseReason.ProxyProtocol, rule, error).Detail);
}
