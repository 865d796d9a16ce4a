using System.Net;
using System.Text.Json;
using Gateway.Tcp.Clusters;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Dnat;
using Gateway.Tcp.Routing;
using Gateway.Tests.Tcp.Pipeline;

namespace Gateway.Tests.Tcp.Dnat;

public sealed class DnatRulesetTests
{
    private static readonly SourceIpConfig Dnat = new() { Mode = SourceIpMode.Dnat };

    private static readonly TcpClusterConfig BothFamilies = TestPlane.Cluster("198.51.100.1:1", "[2001:db8::7]:1");

    [Fact]
    public void Build_RoutesOfOneListener_AreDecidedAsTheDataPlaneDecides()
    {
        var model = Model(
            ("any", new() { SourceIp = Dnat }),
            ("wide", new() { SourceIp = Dnat, Match = new() { ClientCidrs = ["10.0.0.0/8", "2001:db8::/32"] } }),
            ("narrow", new() { SourceIp = Policies.None, Match = new() { ClientCidrs = ["10.1.0.0/16"] } }),
            ("first", new() { SourceIp = Dnat, Order = -1, Match = new() { ClientCidrs = ["0.0.0.0/0"] } }));

        var rules = Rules(DnatRuleset.Build("t", model, DnatTargets.Placeholders), "listener/in/4");

        Assert.Equal(
            [
                """[{"match":{"op":"==","left":{"payload":{"protocol":"ip","field":"saddr"}},"right":{"set":[{"prefix":{"addr":"0.0.0.0","len":0}}]}}},{"goto":{"target":"route/first/4"}}]""",
                """[{"match":{"op":"==","left":{"payload":{"protocol":"ip","field":"saddr"}},"right":{"set":[{"prefix":{"addr":"10.1.0.0","len":16}}]}}},{"return":null}]""",
                """[{"match":{"op":"==","left":{"payload":{"protocol":"ip","field":"saddr"}},"right":{"set":[{"prefix":{"addr":"10.0.0.0","len":8}}]}}},{"goto":{"target":"route/wide/4"}}]""",
                """[{"goto":{"target":"route/any/4"}}]""",
            ],
            rules);
    }

    [Fact]
    public void Build_NobodyHealthy_LeavesTheRouteEmptyAndTheListenerTaken()
    {
        var model = Model(("r", new() { SourceIp = Dnat }));

        var ruleset = DnatRuleset.Build("t", model, DnatTargets.Healthy(static _ => true));

        Assert.Empty(Rules(ruleset, "route/r/4"));
        Assert.Equal(2, Rules(ruleset, "take").Count);
        Assert.Empty(ruleset.Destinations);
    }

    [Fact]
    public void Build_ForwardingOfAFamilyIsOff_LeavesItsClientsToTheDataPlane()
    {
        var model = Model(("r", new() { SourceIp = Dnat }));
        foreach (var destination in Assert.Single(model.Clusters).Destinations)
        {
            var address = new AddressHealth(destination.Literal![0], HealthCheckModel.Default);
            address.Count(isGood: true);
            destination.Health!.Publish([address]);
        }

        Assert.Equal(2, DnatRuleset.Build("t", model, DnatTargets.Healthy(static _ => true)).Destinations.Count);
        Assert.Empty(DnatRuleset.Build("t", model, DnatTargets.Healthy(static _ => false)).Destinations);
    }

    [Fact]
    public void Transaction_AfterADestinationHasLeft_KeepsCountersAndDeletesItsChain()
    {
        var two = DnatRuleset.Build("t", Model(("r", new() { SourceIp = Dnat })), DnatTargets.Placeholders);
        var none = DnatRuleset.Build("t", Model(("r", new() { SourceIp = Dnat })), DnatTargets.Healthy(static _ => true));

        var json = none.Transaction("t", two).ToJson();

        Assert.Contains("""{"flush":{"chain":{"name":"route/r/4","family":"inet","table":"t"}}}""", json, StringComparison.Ordinal);
        Assert.Contains("""{"delete":{"chain":{"name":"to/r/d0/4","family":"inet","table":"t"}}}""", json, StringComparison.Ordinal);
        Assert.DoesNotContain("""{"delete":{"counter":""", json, StringComparison.Ordinal);
        Assert.DoesNotContain("""{"delete":{"table":""", json, StringComparison.Ordinal);
        Assert.True(two.IsSameAs(DnatRuleset.Build("t", Model(("r", new() { SourceIp = Dnat })), DnatTargets.Placeholders)));
        Assert.False(two.IsSameAs(none));
    }

    [Fact]
    public void Transaction_WithoutKnownContents_ReplacesTheTable() => Assert.StartsWith(
        """{"nftables":[{"add":{"table":{"family":"inet","name":"t"}}},{"delete":{"table":{"family":"inet","name":"t"}}},{"add":{"table":{"family":"inet","name":"t"}}},""",
        DnatRuleset.Build("t", DnatModel.Empty, DnatTargets.Placeholders).Transaction("t", null).ToJson(),
        StringComparison.Ordinal);

    [Fact]
    public void Build_NameWithSeveralAddresses_HasOneSlotForEachInAnyOrderOfTheAnswer()
    {
        string[] addresses = ["198.51.100.9", "198.51.100.10", "198.51.100.8", "2001:db8::1"];

        var ruleset = Named(addresses, new() { SourceIp = Dnat });
        var affine = Named(addresses, new() { SourceIp = Dnat }, affinity: true);

        Assert.Equal(5, ruleset.Destinations.Count);
        Assert.Contains("""{"mode":"inc","mod":4}""", Rules(ruleset, "route/r/4")[^1], StringComparison.Ordinal);
        Assert.Contains("198.51.100.8", Assert.Single(Rules(ruleset, "to/r/name/4")), StringComparison.Ordinal);
        Assert.Contains("198.51.100.10", Assert.Single(Rules(ruleset, "to/r/name/4/3")), StringComparison.Ordinal);
        Assert.True(ruleset.IsSameAs(Named([.. addresses.Reverse()], new() { SourceIp = Dnat })));
        Assert.True(affine.IsSameAs(Named([.. addresses.Reverse()], new() { SourceIp = Dnat }, affinity: true)));
        Assert.False(affine.IsSameAs(ruleset));
    }

    [Fact]
    public void Build_Random_DrawsASlotByWeight()
    {
        var cluster = TestPlane.Cluster() with
        {
            LoadBalancingPolicy = TcpLoadBalancingPolicy.Random,
            Destinations = new Dictionary<string, TcpDestinationConfig>
            {
                ["a"] = new() { Address = "198.51.100.1:1", Weight = 3 },
                ["b"] = new() { Address = "198.51.100.2:1" },
            },
        };

        var ruleset = DnatRuleset.Build("t", Model(cluster, ("r", new() { SourceIp = Dnat })), DnatTargets.Placeholders);
        var rule = Rules(ruleset, "route/r/4")[^1];

        Assert.Contains("""{"mode":"random","mod":4}""", rule, StringComparison.Ordinal);
        Assert.Equal(3, rule.Split("to/r/a/4").Length - 1);
    }

    [Fact]
    public void Build_Priorities_ForwardToTheLowestThatHasAHealthyDestination()
    {
        var cluster = TestPlane.Cluster() with
        {
            Destinations = new Dictionary<string, TcpDestinationConfig>
            {
                ["second"] = new() { Address = "198.51.100.9:1", Priority = 1 },
                ["first"] = new() { Address = "198.51.100.1:1" },
                ["six"] = new() { Address = "[2001:db8::9]:1", Priority = 2 },
            },
        };
        var model = Model(cluster, ("r", new() { SourceIp = Dnat }));
        var health = Assert.Single(model.Clusters).Destinations.ToDictionary(
            static destination => destination.Name,
            static destination => new AddressHealth(destination.Literal![0], HealthCheckModel.Default));

        Assert.Equal(["198.51.100.1:1", "[2001:db8::9]:1"], Forwarded(first: true));
        Assert.Equal(["198.51.100.9:1", "[2001:db8::9]:1"], Forwarded(first: false));

        IEnumerable<string> Forwarded(bool first)
        {
            foreach (var destination in Assert.Single(model.Clusters).Destinations)
            {
                for (var i = 0; i < HealthCheckModel.Default.Fall; i++)
                {
                    health[destination.Name].Count(first || destination.Name != "first");
                }

                destination.Health!.Publish([health[destination.Name]]);
            }

            return DnatRuleset.Build("t", model, DnatTargets.Healthy(static _ => true))
                .Destinations.Select(static address => $"{address}").Order();
        }
    }

    [Fact]
    public void Build_ClientThatIsADestinationOrLinkLocal_IsLeftToTheDataPlane()
    {
        var ruleset = DnatRuleset.Build("t", Model(BothFamilies, ("r", new() { SourceIp = Dnat })), DnatTargets.Placeholders);

        Assert.Equal(
            """[{"match":{"op":"==","left":{"payload":{"protocol":"ip","field":"saddr"}},"right":{"set":["192.0.2.1"]}}},{"return":null}]""",
            Rules(ruleset, "route/r/4")[0]);
        Assert.Equal(
            """[{"match":{"op":"==","left":{"payload":{"protocol":"ip6","field":"saddr"}},"right":{"prefix":{"addr":"fe80::","len":10}}}},{"return":null}]""",
            Rules(ruleset, "route/r/6")[1]);
    }

    [Fact]
    public void Build_PacketsWithoutAConnection_TakeNoOtherWay()
    {
        var ruleset = DnatRuleset.Build("t", Model(BothFamilies, ("r", new() { SourceIp = Dnat })), DnatTargets.Placeholders);

        // Of both families: INVALID answers, and the middle of a stream; resets of this host's own.
        Assert.Equal(4, Rules(ruleset, "stray").Count);
        Assert.Equal(2, Rules(ruleset, "stray").Count(static rule => rule.Contains("\"invalid\"", StringComparison.Ordinal)));
        Assert.Equal(2, Rules(ruleset, "mute").Count(static rule => rule.Contains("\"rst\"", StringComparison.Ordinal) && rule.Contains("\"invalid\"", StringComparison.Ordinal)));
        Assert.All(Rules(ruleset, "stray").Concat(Rules(ruleset, "mute")), static rule => Assert.EndsWith("""{"drop":null}]""", rule, StringComparison.Ordinal));
    }

    [Fact]
    public void Build_LongNames_AreCutToWhatTheKernelTakes()
    {
        var model = Model((new string('r', 300) + "1", new() { SourceIp = Dnat }), (new string('r', 300) + "2", new() { SourceIp = Dnat, Match = new() { ClientCidrs = ["10.0.0.0/8"] } }));

        using var document = JsonDocument.Parse(DnatRuleset.Build("t", model, DnatTargets.Placeholders).Transaction("t", null).ToJson());
        var names = document.RootElement.GetProperty("nftables").EnumerateArray().Where(static command => command.TryGetProperty("add", out _))
            .SelectMany(static command => command.GetProperty("add").EnumerateObject()).Where(static added => added.Name is "chain" or "map" or "counter")
            .Select(static added => $"{added.Name} {added.Value.GetProperty("name").GetString()}").ToList();

        Assert.Equal(names.Distinct(), names);
        Assert.All(names, static name => Assert.InRange(name[(name.IndexOf(' ', StringComparison.Ordinal) + 1)..].Length, 1, 255));
        Assert.Contains(names, static name => name.StartsWith("chain route/rrr", StringComparison.Ordinal));
    }

    [Fact]
    public void FindTables_AmongThoseOfOthers_FindsWhatWeMake()
    {
        var made = DnatRuleset.Build("t", DnatModel.Empty, DnatTargets.Placeholders).Transaction("t", null).ToJson();
        using var document = JsonDocument.Parse(made);
        var chains = document.RootElement.GetProperty("nftables").EnumerateArray()
            .Where(static command => command.TryGetProperty("add", out var add) && add.TryGetProperty("chain", out _)).Select(static command => command.GetProperty("add").GetRawText());

        Assert.Equal(["t"], DnatRuleset.FindTables(
            $$$"""{"nftables":[{"metainfo":{"version":"1.0.6"}},{"chain":{"family":"inet","table":"u","name":"take"}},{"chain":{"family":"ip","table":"v","name":"gateway/dnat"}},{{{string.Join(',', chains)}}}]}"""));
    }

    [Fact]
    public void Model_WithoutDnatRoutes_IsEmpty()
    {
        var model = Model(("r", new() { SourceIp = Policies.None }));

        Assert.True(model.IsEmpty);
        Assert.Empty(model.Clusters);
        Assert.Single(Model(("r", new() { SourceIp = Dnat })).Clusters);
    }

    [Fact]
    public void Switches_Off_AreNamedForTheFamiliesThatAreUsed()
    {
        var model = Model(("r", new() { SourceIp = Dnat }));

        var missing = DnatRequirements.MissingSwitches(model, static _ => false).ToList();

        Assert.Contains("net.ipv4.ip_forward", Assert.Single(missing).What, StringComparison.Ordinal);
        Assert.Empty(DnatRequirements.MissingSwitches(model, static family => family == System.Net.Sockets.AddressFamily.InterNetwork));
    }

    [Fact]
    public void Tally_Readings_GiveIncrementsAlsoOfCountersMadeAnew()
    {
        var tally = new DnatTally();

        Assert.Equal([("a", 3L, 180L)], tally.Read(Answer(("a", 3, 180), ("b", 0, 0))));
        Assert.Equal([("a", 2L, 120L), ("b", 1L, 60L)], tally.Read(Answer(("a", 5, 300), ("b", 1, 60))));
        Assert.Empty(tally.Read(Answer(("a", 5, 300), ("b", 1, 60))));
        Assert.Equal([("a", 1L, 60L)], tally.Read(Answer(("a", 1, 60))));
        tally.Restart();
        Assert.Equal([("a", 4L, 240L)], tally.Read(Answer(("a", 4, 240))));
    }

    // One destination with its weight of 1, a second, written one with 1 too.
    private static DnatRuleset Named(string[] addresses, TcpRouteConfig route, bool affinity = false)
    {
        var cluster = new TcpClusterConfig
        {
            SessionAffinity = affinity ? new() : null,
            Destinations = new Dictionary<string, TcpDestinationConfig> { ["name"] = new() { Address = "name.example:1" }, ["a"] = new() { Address = "198.51.100.7:1" } },
        };
        var model = Model(cluster, ("r", route));
        foreach (var destination in Assert.Single(model.Clusters).Destinations)
        {
            destination.Health!.Publish([.. (destination.Literal is null ? addresses : ["198.51.100.7"]).Select(static text =>
            {
                var address = new AddressHealth(new IPEndPoint(IPAddress.Parse(text), 1), HealthCheckModel.Default);
                address.Count(isGood: true);
                return address;
            })]);
        }

        return DnatRuleset.Build("t", model, DnatTargets.Healthy(static _ => true));
    }

    private static string Answer(params (string Name, long Packets, long Bytes)[] counters) => JsonSerializer.Serialize(new
    {
        nftables = counters.Select(static counter => new { counter = new { name = counter.Name, packets = counter.Packets, bytes = counter.Bytes } }).Cast<object>()
            .Prepend(new { metainfo = new { version = "1.0.6" } }),
    });

    private static List<string> Rules(DnatRuleset ruleset, string chain)
    {
        using var document = JsonDocument.Parse(ruleset.Transaction("t", null).ToJson());
        return [.. document.RootElement.GetProperty("nftables").EnumerateArray()
            .Where(command => command.TryGetProperty("add", out var add) && add.TryGetProperty("rule", out var rule) && rule.GetProperty("chain").GetString() == chain)
            .Select(static command => command.GetProperty("add").GetProperty("rule").GetProperty("expr").GetRawText())];
    }

    private static DnatModel Model(params (string Name, TcpRouteConfig Config)[] routes) => Model(TestPlane.Cluster("198.51.100.1:1", "198.51.100.2:1"), routes);

    private static DnatModel Model(TcpClusterConfig cluster, params (string Name, TcpRouteConfig Config)[] routes)
    {
        var model = TcpModelBuilder.Build(
            new Dictionary<string, ProxyProtocolConfig?> { ["in"] = null },
            new TcpProxyConfig
            {
                Routes = routes.ToDictionary(static route => route.Name, static route => route.Config with { Listener = "in", ClusterId = "c" }),
                Clusters = new Dictionary<string, TcpClusterConfig> { ["c"] = cluster },
            },
            new Dictionary<string, IReadOnlyList<string>>());
        return DnatModel.From(model, [new DnatListener("in", new IPEndPoint(IPAddress.IPv6Any, 9000), BothFamilies: true)]);
    }
}
