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
    public void RequestFaults_AreOfFailedRequests() =>
        Assert.Empty(CloseReasons.In(ReasonSeries.RequestFaults).Except(CloseReasons.In(ReasonSeries.Requests)));

    /// <summary>Passive health, retries and the warning of an unreachable cluster follow from the table, on both planes.</summary>
    [Theory]
    [InlineData(CloseReason.BackendConnectFailed, true, true, true)]
    [InlineData(CloseReason.BackendConnectTimeout, true, true, true)]
    [InlineData(CloseReason.BackendTls, true, true, true)]
    [InlineData(CloseReason.BackendSendFailed, false, false, true)]
    [InlineData(CloseReason.NoDestination, false, false, true)]
    [InlineData(CloseReason.Resources, false, false, false)]
    [InlineData(CloseReason.SourceIpUnusable, false, false, false)]
    [InlineData(CloseReason.BackendNoAnswer, true, false, false)]
    [InlineData(CloseReason.BackendAnswerInvalid, false, false, false)]
    [InlineData(CloseReason.BackendUploadBroken, false, false, false)]
    [InlineData(CloseReason.ClientLeft, false, false, false)]
    [InlineData(CloseReason.Loop, false, false, false)]
    public void Table_AReason_SaysWhoIsToBlame(CloseReason reason, bool blames, bool mayTryAnother, bool isUnreachable) =>
        Assert.Equal((blames, mayTryAnother, isUnreachable), (reason.BlamesDestination(), reason.MayTryAnother(), reason.IsUnreachable()));

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
