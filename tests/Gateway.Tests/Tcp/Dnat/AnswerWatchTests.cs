using System.Net.Sockets;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Dnat;
using Gateway.Tcp.Routing;
using Gateway.Tests.Tcp.Pipeline;

namespace Gateway.Tests.Tcp.Dnat;

public sealed class AnswerWatchTests
{
    private static readonly RouteModel Route = TcpModelBuilder
        .Build(
            new Dictionary<string, ProxyProtocolConfig?> { ["in"] = null },
            new TcpProxyConfig
            {
                Routes = new Dictionary<string, TcpRouteConfig>
                {
                    ["r"] = new()
                    {
                        Listener = "in",
                        ClusterId = "c",
                        SourceIp = new() { Mode = SourceIpMode.Dnat },
                    },
                },
                Clusters = new Dictionary<string, TcpClusterConfig> { ["c"] = TestPlane.Cluster("198.51.100.1:1") },
            },
            new Dictionary<string, IReadOnlyList<string>>())
        .Listeners["in"]
        .Routes.Single();

    private readonly AnswerWatch _watch = new();

    [Fact]
    public void EndInterval_AnswersStopAfterMany_IsFoundOnceAndAgainAfterTheyCameBack()
    {
        Assert.Empty(Interval(1000, 1000, 1000));
        Assert.Empty(Interval(5, 5, 0));
        var finding = Assert.Single(Interval(5, 5, 0));
        Assert.Equal(("in", "c", "d", true), (finding.Listener, finding.Cluster, finding.Destination, finding.HasLeft));
        Assert.Equal(5, finding.Packets);
        Assert.Empty(Interval(5, 5, 0));
        Assert.Empty(Interval(10, 10, 10));
        Assert.Empty(Interval(10, 10, 10));
        Assert.Empty(Interval(5, 5, 0));
        Assert.Single(Interval(0, 0, 0));
    }

    [Fact]
    public void EndInterval_PacketsDroppedHere_AreNotBlamedOnTheReturnRoute()
    {
        Assert.Empty(Interval(5, 0, 0));
        Assert.False(Assert.Single(Interval(0, 0, 0)).HasLeft);
    }

    [Fact]
    public void EndInterval_AnswersUnderWay_AreWaitedFor()
    {
        Assert.Empty(Interval(500, 500, 0));
        Assert.Empty(Interval(500, 500, 1000));
        Assert.Empty(Interval(0, 0, 0));
    }

    [Fact]
    public void EndInterval_OneLonelyClient_AddsUp()
    {
        Assert.Empty(Interval(1, 1, 0));
        Assert.Empty(Interval(1, 1, 0));
        Assert.Empty(Interval(1, 1, 0));
        Assert.Single(Interval(1, 1, 0));
    }

    [Fact]
    public void EndInterval_SomeClientsOfMany_AreFoundAndLostPacketsAreNot()
    {
        Assert.Empty(Interval(1000, 1000, 950));
        Assert.Empty(Interval(1000, 1000, 800));
        Assert.Single(Interval(1000, 1000, 1000));
    }

    private IReadOnlyList<AnswerFinding> Interval(long tried, long left, long answered)
    {
        Add(DnatCounterKind.Tried, tried);
        Add(DnatCounterKind.Left, left);
        Add(DnatCounterKind.Answered, answered);
        Add(DnatCounterKind.Sent, 1_000_000);
        return _watch.EndInterval();
    }

    private void Add(DnatCounterKind kind, long packets) =>
        _watch.Add(new DnatCounter(kind, "in", Route, "d", AddressFamily.InterNetwork), packets);
}
