using System.Net;
using Gateway.Tcp.Clusters;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Routing;
using Gateway.Tests.Tcp.Pipeline;

namespace Gateway.Tests.Tcp.Clusters;

/// <summary>What clusters and destinations are doing, across reloads.</summary>
public class ClusterStateTests
{
    private static readonly TcpClusterConfig Three = TestPlane.Cluster("192.0.2.1:1", "192.0.2.2:1", "192.0.2.3:1") with
    {
        HealthCheck = new(),
    };

    [Theory]
    [InlineData("nothing")]
    [InlineData("another cluster")]
    [InlineData("the timeout")]
    public void Build_SameDestinations_GoOnWithAllOfTheirState(string changed)
    {
        var before = Build(null, ("c", Three), ("other", TestPlane.Cluster("192.0.2.9:1")));
        var starts = Starts(before, 4);

        var after = changed switch
        {
            "another cluster" => Build(before, ("c", Three), ("other", TestPlane.Cluster("192.0.2.8:1", "192.0.2.9:1")), ("third", Three)),
            "the timeout" => Build(
                before,
                ("c", Three with { ConnectTimeout = TimeSpan.FromSeconds(1) }),
                ("other", TestPlane.Cluster("192.0.2.9:1"))),
            _ => Build(before, ("c", Three), ("other", TestPlane.Cluster("192.0.2.9:1"))),
        };

        // The turn is not where it began.
        Assert.Equal([1, 2, 0, 1], starts);
        Assert.Equal([2, 0, 1], Starts(after, 3));
        Assert.NotSame(before.Clusters["c"], after.Clusters["c"]);
        Assert.Equal(States(before), States(after));
        Assert.Equal(Healths(before), Healths(after));
    }

    [Fact]
    public void Build_DestinationAdded_KeepsTheOthersState()
    {
        var before = Build(null, ("c", Three));
        var four = TestPlane.Cluster("192.0.2.1:1", "192.0.2.2:1", "192.0.2.3:1", "192.0.2.4:1") with { HealthCheck = new() };

        var after = Build(before, ("c", four));

        Assert.Equal(States(before), States(after)[..3]);
        Assert.Equal(Healths(before), Healths(after)[..3]);
        Assert.NotNull(Healths(after)[3]);
    }

    [Fact]
    public void Build_DestinationMoved_BeginsAnew()
    {
        var before = Build(null, ("c", Three));

        var after = Build(before, ("c", TestPlane.Cluster("192.0.2.1:1", "192.0.2.7:1", "192.0.2.3:1") with { HealthCheck = new() }));

        Assert.Equal([true, false, true], States(before).Zip(States(after), ReferenceEquals));
        Assert.Equal([true, false, true], Healths(before).Zip(Healths(after), ReferenceEquals));
    }

    [Fact]
    public void Build_RulesOfChecksChanged_BeginsOnlyTheChecksAnew()
    {
        var before = Build(null, ("c", Three));

        var after = Build(before, ("c", Three with { HealthCheck = new() { Active = new() { Fall = 7 } } }));

        Assert.Equal(States(before), States(after));
        Assert.Equal([false, false, false], Healths(before).Zip(Healths(after), ReferenceEquals));
        Assert.Equal([null, null, null], Healths(Build(after, ("c", Three with { HealthCheck = null }))));
    }

    [Fact]
    public void Build_ClusterRemovedAndBack_BeginsAnew()
    {
        var before = Build(null, ("c", Three));

        var after = Build(Build(before, ("other", Three)), ("c", Three));

        Assert.Equal([false, false, false], States(before).Zip(States(after), ReferenceEquals));
    }

    [Fact]
    public void Build_OriginalDestination_KeepsItsState()
    {
        var original = new TcpClusterConfig { Type = TcpClusterType.OriginalDestination };
        var before = Build(null, ("c", original));

        Assert.Equal(States(before), States(Build(before, ("c", original))));
        Assert.NotEqual(States(before), States(Build(null, ("c", original))));
    }

    [Theory]
    [InlineData(SourceIpMode.Dnat, false, true)]
    [InlineData(SourceIpMode.Dnat, true, true)]
    [InlineData(SourceIpMode.None, true, true)]
    [InlineData(SourceIpMode.None, false, false)]
    public void Build_ClusterThatTheKernelForwardsTo_IsWatchedInAnyCase(SourceIpMode mode, bool hasChecks, bool isWatched)
    {
        var model = TestPlane.Model(null, new SourceIpConfig { Mode = mode }, Three with { HealthCheck = hasChecks ? new() : null });
        Assert.Equal(isWatched, model.Clusters["c"].HealthCheck is not null);
        Assert.All(model.Clusters["c"].Destinations, destination => Assert.Equal(isWatched, destination.Health is not null));
    }

    private static TcpModel Build(TcpModel? before, params (string Name, TcpClusterConfig Config)[] clusters) => TcpModelBuilder.Build(
        new Dictionary<string, ProxyProtocolConfig?>(),
        new TcpProxyConfig { Clusters = clusters.ToDictionary(static cluster => cluster.Name, static cluster => cluster.Config) },
        new Dictionary<string, IReadOnlyList<string>>(),
        before: before);

    private static int[] Starts(TcpModel model, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => model.Clusters["c"].Tiers[0].Choose(default, IPAddress.Loopback).Number)];

    private static DestinationState[] States(TcpModel model) =>
        [.. model.Clusters["c"].Destinations.Select(static destination => destination.State)];

    private static DestinationHealth?[] Healths(TcpModel model) =>
        [.. model.Clusters["c"].Destinations.Select(static destination => destination.Health)];
}
